"""The order of a list: by a column, or by the rows of a small table and then by a column."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import JSON, ColumnElement, Integer, String, cast, func, inspect, literal, select
from sqlalchemy.orm import Session

from crm.core.actor import find_actor
from crm.core.datamodel.filters import folded_column, key_column
from crm.core.models import Record, Reference


@dataclass(frozen=True)
class Order:
    """By the position of the foreign key `link`, if any, in `parents`, NULLs last.

    Then by `column`, NULLs last, then by the primary key in the same direction.
    """

    column: Any
    descending: bool
    link: Any = None
    parents: tuple[int, ...] = ()

    @property
    def can_be_empty(self) -> bool:
        return bool(self.column.property.columns[0].nullable)

    @property
    def columns(self) -> list[Any]:
        links = [self.link] if self.link is not None else []
        return [*links, self.column, inspect(self.column).parent.class_.id]

    def rank(self, parent: int | None) -> int:
        """The position of a parent. Raises ValueError where there is none."""
        return len(self.parents) if parent is None else self.parents.index(parent)

    def ranked(self, is_sqlite: bool) -> ColumnElement[int]:
        places = json.dumps({pk: place for place, pk in enumerate(self.parents)})
        key = cast(self.link, String)
        found: ColumnElement[Any] = (
            func.json_extract(places, literal('$."') + key + '"', type_=Integer)
            if is_sqlite
            else cast(func.json_extract_path_text(cast(literal(places), JSON), key), Integer)
        )
        return func.coalesce(found, len(self.parents))


def is_sortable(model: type[Any], name: str) -> bool:
    """Whether a list can be ordered by `name`; not by links to business rows, as there are many."""
    mapper = inspect(model)
    if name in mapper.relationships:
        relation = mapper.relationships[name]
        return not relation.uselist and not issubclass(relation.mapper.class_, Record)
    try:
        return hasattr(folded_column(model, name), "desc")
    except AttributeError:
        return False


def complete_order(
    model: type[Any], order: Sequence[tuple[str, str]], base: Any
) -> list[tuple[str, str]]:
    """`order`, else `base` (one pair or several); after a link, by the last pair of `base`."""
    pairs = [base] if base and isinstance(base[0], str) else list(base or ())
    if not order:
        return pairs
    if order[0][0] in inspect(model).relationships and len(order) == 1:
        return [*order, *(pair for pair in pairs[-1:] if pair[0] != order[0][0])]
    return list(order)


def read_order(session: Session, model: type[Any], order: Sequence[tuple[str, str]]) -> Order:
    """The order of [(field, "asc" | "desc")]: a column, or a relation and then a column."""
    relations = inspect(model).relationships
    link: Any = None
    parents: tuple[int, ...] = ()
    if order and order[0][0] in relations:
        (name, direction), *order = order
        link = key_column(model, name)
        parents = _parents(session, relations[name].mapper.class_, direction == "desc")
    name, direction = order[0] if order else ("id", "desc")
    return Order(folded_column(model, name), direction == "desc", link, parents)


def _parents(session: Session, target: type[Any], descending: bool) -> tuple[int, ...]:
    """The ids of a small table in its order, without the row filter: only positions are used."""
    table = Model.metadata.tables[inspect(target).local_table.name]
    actor, entity = find_actor(), getattr(target, "__entity__", "")
    may_read = target is User or (actor is not None and actor.can("read", entity))
    if actor is not None and table.name in actor.kinds:
        ids = tuple(actor.kinds[table.name])
        return ids[::-1] if descending else ids
    keys = [table.c[_sorts(target)], table.c.id] if may_read else [table.c.id]
    ids = tuple(session.scalars(select(table.c.id).order_by(*keys)))
    return ids[::-1] if descending else ids


def _sorts(target: type[Any]) -> str:
    if issubclass(target, Reference):
        return "position"
    return next(name for name in ("name_key", "name", "id") if hasattr(target, name))
