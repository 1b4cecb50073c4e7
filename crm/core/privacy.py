"""Rows that few people read, whatever the grid of rights says: a part of the row filter.

A table declares it. `__participants__` is the relation to its child rows whose `user_id` takes
part; these people read the row whatever their scope. `__private__` is a column and its value in
rows that nobody but their owner and participants reads or changes. With `__private_with__`, the
names of relations, the rows about a private row are as private as it is.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, any_, false, func, not_, or_, select, true

from crm.core.actor import Actor
from crm.core.models import link_of, parent_key, target_of


def has_participants(model: type[Any]) -> bool:
    return bool(getattr(model, "__participants__", ""))


def has_private(model: type[Any]) -> bool:
    return bool(getattr(model, "__private__", ()))


def takes_part(model: type[Any], actor: Actor) -> ColumnElement[bool]:
    """The rows in which the actor takes part, looked up by person, as these are few."""
    found: ColumnElement[bool] = model.id.in_(_keys(model, actor))
    return found


def takes_part_in_each(model: type[Any], actor: Actor, columns: Any = None) -> ColumnElement[bool]:
    """As `takes_part`, by one look at each row: for subqueries that are asked row by row."""
    child = target_of(model, model.__participants__)
    pk = (model if columns is None else columns).id
    mine = select(child.id).where(parent_key(child) == pk, child.user_id == actor.user_id)
    return mine.correlate_except(child).scalar_subquery().is_not(None)


def found_as_participant(model: type[Any], actor: Actor, dialect: str) -> ColumnElement[bool]:
    """As `takes_part`, to read these rows by their keys and no others.

    As an array on PostgreSQL, which else compares the cost of reading them all.
    """
    if dialect == "sqlite":
        return takes_part(model, actor)
    return model.id == any_(func.array(_keys(model, actor).scalar_subquery()))


def _keys(model: type[Any], actor: Actor) -> Select[Any]:
    child = target_of(model, model.__participants__)
    return select(parent_key(child)).where(child.user_id == actor.user_id).correlate(None)


def is_private(model: type[Any], columns: Any = None) -> ColumnElement[bool]:
    """The private rows of a table that has such rows."""
    name, value = model.__private__
    found: ColumnElement[bool] = getattr(model if columns is None else columns, name) == value
    return found


def is_open_to(
    model: type[Any], actor: Actor, *, but_participants: bool = False
) -> ColumnElement[bool]:
    """The rows that are not kept from the actor; without those in which they take part, if meant.

    Constantly true of a table without private rows.
    """
    related = getattr(model, "__private_with__", ())
    conditions = [_is_open_with(model, name, actor) for name in related]
    if has_private(model):
        ways = [not_(is_private(model)), model.owner_id == actor.user_id]
        if has_participants(model) and not but_participants:
            ways.append(takes_part(model, actor))
        conditions.append(or_(*ways))
    return and_(true(), *conditions)


def is_kept_from(model: type[Any], actor: Actor, columns: Any = None) -> ColumnElement[bool]:
    """The private rows of others, in which the actor does not take part."""
    columns = model if columns is None else columns
    is_mine = func.coalesce(columns.owner_id == actor.user_id, false())
    kept = [is_private(model, columns), not_(is_mine)]
    if has_participants(model):
        kept.append(not_(takes_part_in_each(model, actor, columns)))
    return and_(*kept)


def _is_open_with(model: type[Any], relation: str, actor: Actor) -> ColumnElement[bool]:
    """The rows that are not about a row which is kept from the actor; one look by its key each.

    Of the table, not of the mapped class: the row filter would hide what is looked for.
    """
    target, key = target_of(model, relation), getattr(model, link_of(model, relation)[1])
    columns = target.__table__.c
    found = select(columns.id).where(columns.id == key, is_kept_from(target, actor, columns))
    return or_(key.is_(None), found.correlate_except(target.__table__).scalar_subquery().is_(None))
