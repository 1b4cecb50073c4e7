"""Which rows exist for the actor: one filter on the session, behind every path.

A table takes part by naming its row of the rights grid in `__entity__`. Closed by default: where
nobody acts, a filtered table is empty.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, event, false, inspect, or_, select, true
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from crm.core.actor import Actor, Scope, find_actor
from crm.core.errors import DomainError, NotFound
from crm.core.models import Kept, Reference

_reasons: ContextVar[str | None] = ContextVar("unfiltered", default=None)

# Execution option: the bin instead of what is outside it.
IN_BIN = "crm_in_bin"


@contextmanager
def unfiltered(reason: str) -> Iterator[None]:
    """The only door past the filter. `reason` says, for a reviewer, why these rows are ours to see."""
    token = _reasons.set(reason)
    try:
        yield
    finally:
        _reasons.reset(token)


def is_filtered() -> bool:
    """Whether the row filter holds now."""
    return _reasons.get() is None


@lru_cache
def filtered_models() -> tuple[type[Any], ...]:
    """Every table of ours that has rows for some and not for others."""
    mapped = (mapper.class_ for mapper in Model.registry.mappers)
    return tuple(
        model
        for model in mapped
        if issubclass(model, Kept)
        and not issubclass(model, Reference)
        and hasattr(model, "__entity__")
    )


def criteria(model: type[Any], action: str, actor: Actor | None = None) -> ColumnElement[bool]:
    """The SQL condition for the rows of `model` on which the actor may do `action`; the bin apart."""
    actor = actor or find_actor()
    if actor is None:
        return false()
    scopes = actor.scopes(action, model.__entity__)
    if not scopes:
        return false()
    if Scope.ALL in scopes:
        return true()
    if not hasattr(model, "company_id"):
        return model.id.in_(actor.company_ids) if model.__entity__ == "companies" else true()
    mine = model.company_id.in_(actor.company_ids)
    reach = and_(mine, _within(model, actor, scopes))
    if action == "read" and model.__table__.c.company_id.nullable:
        return or_(reach, model.company_id.is_(None))
    return reach


def _within(model: type[Any], actor: Actor, scopes: frozenset[Scope]) -> ColumnElement[bool]:
    if Scope.COMPANY in scopes or not hasattr(model, "owner_id"):
        return true()
    if Scope.AGENCY in scopes and (
        not actor.on("manage_agencies") or not hasattr(model, "agency_id")
    ):
        return true()
    reach: list[ColumnElement[bool]] = [model.owner_id == actor.user_id]
    if Scope.TEAM in scopes:
        reach.append(model.owner_id.is_(None))
        if actor.team_ids:
            members = Model.metadata.tables["ab_user_group"]
            mates = select(members.c.user_id).where(members.c.group_id.in_(actor.team_ids))
            reach.append(model.owner_id.in_(mates))
    if Scope.AGENCY in scopes:
        reach.append(model.agency_id.is_(None))
        if actor.agency_id is not None:
            reach.append(model.agency_id == actor.agency_id)
    return or_(*reach)


def _bin(model: type[Any], in_bin: bool) -> ColumnElement[bool]:
    if not hasattr(model, "deleted_at"):
        return true()
    return model.deleted_at.is_not(None) if in_bin else model.deleted_at.is_(None)


def _options(actor: Actor | None, in_bin: bool) -> list[Any]:
    return [
        with_loader_criteria(
            model, and_(criteria(model, "read", actor), _bin(model, in_bin)), include_aliases=True
        )
        for model in filtered_models()
    ]


def _filter(state: ORMExecuteState) -> None:
    if not (state.is_select or state.is_update or state.is_delete):
        return
    if state.is_column_load or not is_filtered():
        return
    in_bin = bool(state.execution_options.get(IN_BIN))
    actor = find_actor()
    # Building the conditions costs more than using them: the last actor's are kept in the session.
    kept: dict[Any, Any] = state.session.info.setdefault("crm.criteria", {})
    if kept.get("actor") is not actor or in_bin not in kept:
        if kept.get("actor") is not actor:
            kept.clear()
            kept["actor"] = actor
        kept[in_bin] = _options(actor, in_bin)
    state.statement = state.statement.options(*kept[in_bin])


def _guard_links(session: Session, context: Any, instances: Any) -> None:
    """No row points to one that its writer may not see, or that belongs to another company."""
    if not is_filtered():
        return
    with session.no_autoflush:
        for row in [*session.new, *(r for r in session.dirty if session.is_modified(r))]:
            for relation in inspect(row).mapper.relationships:
                if relation.direction.name == "MANYTOONE" and not relation.viewonly:
                    _guard(session, row, relation)


def _guard(session: Session, row: Any, relation: Any) -> None:
    target = relation.mapper.class_
    column = next(iter(relation.local_columns))
    state = inspect(row)
    attribute = state.mapper.get_property_by_column(column).key
    if not _changed(state, attribute, relation.key):
        return
    linked = getattr(row, relation.key) if state.attrs[relation.key].history.added else None
    if linked is not None and inspect(linked).pending:
        return  # made in the same breath, and guarded itself
    pk = linked.id if linked is not None else getattr(row, attribute)
    if pk is None or target not in (*filtered_models(), User):
        return
    if target is User:
        return _guard_user(session, row, relation.key, pk)
    columns = [target.id, target.company_id] if hasattr(target, "company_id") else [target.id]
    found = session.execute(select(*columns).where(target.id == pk)).first()
    if found is None:
        raise DomainError(_("Not a valid choice."), field=relation.key)
    own = getattr(row, "company_id", None) or getattr(getattr(row, "company", None), "id", None)
    if len(found) > 1 and own is not None and found[1] not in (None, own):
        raise DomainError(_("Not a valid choice."), field=relation.key)


def _changed(state: Any, attribute: str, relation: str) -> bool:
    return bool(state.attrs[attribute].history.added or state.attrs[relation].history.added)


def _guard_user(session: Session, row: Any, relation: str, pk: int) -> None:
    """A person is in reach who shares one of the actor's companies, or all with scope `all`."""
    actor = find_actor()
    if actor is None or actor.user_id == pk or actor.reach("read", "users") is Scope.ALL:
        return
    members = Model.metadata.tables["user_company"]
    shared = select(members.c.user_id).where(
        members.c.user_id == pk, members.c.company_id.in_(actor.company_ids)
    )
    if session.execute(shared.limit(1)).first() is None:
        raise DomainError(_("Not a valid choice."), field=relation)


def fetch(session: Session, model: type[Any], pk: int, action: str = "read") -> Any:
    """The row, if the actor may do `action` to it. Raises NotFound otherwise.

    Always a SELECT: the identity map would answer without asking the filter.
    """
    statement = select(model).where(model.id == pk).execution_options(populate_existing=True)
    if action != "read" and is_filtered() and model in filtered_models():
        statement = statement.where(criteria(model, action))
    row = session.scalars(statement).unique().first()
    if row is None:
        raise NotFound()
    return row


def may(session: Session, action: str, row: Any) -> bool:
    """Whether the actor may do `action` to this row: the same condition, asked of one row."""
    model = type(row)
    if model not in filtered_models():
        actor = find_actor()
        return actor is not None and actor.can(action, model.__entity__)
    condition = criteria(model, action)
    found = session.execute(select(model.id).where(model.id == row.id, condition)).first()
    return found is not None


def install(session: Any) -> None:
    """Put filter and guard on the session; before the first query of the process."""
    event.listen(session, "do_orm_execute", _filter)
    event.listen(session, "before_flush", _guard_links)
