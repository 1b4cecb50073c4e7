"""Reading all rows of a large table in batches."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, inspect, select
from sqlalchemy.orm import RelationshipProperty, Session

from crm.core.datamodel import DataModel
from crm.core.datamodel.loading import loading
from crm.core.datamodel.paging import PageRequest
from crm.core.db import db
from crm.core.models import computed, key_of

ROWS_AT_ONCE = 1000
KEPT = 10_000  # size of the cache of one linked table
TEXTS = ("__str__", "__repr__")

Linked = dict[str, dict[int, Any]]  # relation → key → row


def iterate_rows(
    datamodel: DataModel,
    statement: Select[Any],
    order: Sequence[tuple[str, str]],
    names: Sequence[str] = (),
) -> Iterator[Any]:
    """All rows of `statement` in `order`, in batches by keyset.

    As plain objects, which are four times as fast as mapped ones: with the columns of the table,
    its computed values and the relations in `names`. Linked rows are read by statements of their
    own, each once.
    """
    model, session = datamodel.obj, datamodel.session
    mapped = inspect(model).relationships
    linked, lists = _links(model, names), _lists(model, names)
    known: Linked = {name: {} for name in linked}
    ask = PageRequest(size=ROWS_AT_ONCE, columns=tuple(_columns(model).values()))
    while True:
        found = datamodel.page(statement, order, ask)
        rows = _rows(model, found.rows)
        for name, relation in linked.items():
            _link(session, rows, relation, known[name])
        for name, further in lists.items():
            _list(session, rows, mapped[name], further)
        for read in _ahead(model, names):
            read([row.id for row in rows])
        yield from rows
        if not found.after:
            return
        ask = replace(ask, cursor=found.after)


@lru_cache
def _plain(model: Any) -> type[Any]:
    """An unmapped class with the computed values, properties and methods of `model`."""
    mapped = {*inspect(model).all_orm_descriptors.keys()}
    members = {
        name: value
        for base in reversed(model.__mro__[:-1])
        for name, value in vars(base).items()
        if name in TEXTS or (name not in mapped and not name.startswith("__"))
    }

    def related(self: Any, name: str) -> Any:
        if name not in inspect(model).relationships:
            raise AttributeError(f"{model.__name__}.{name}")
        whole = db.session.scalars(select(model).where(model.id == self.id)).unique().one()
        return getattr(whole, name)

    # Relations that texts and computed values use beyond `names`.
    return type(model.__name__, (), {**members, "__getattr__": related})


@lru_cache
def _columns(model: Any) -> dict[str, Any]:
    """The columns that are read with a row, by their attributes' names; no folded ones."""
    return {
        prop.key: getattr(model, prop.key)
        for prop in inspect(model).column_attrs
        if not prop.deferred and not prop.columns[0].info.get("folds")
    }


def _rows(model: Any, found: Iterable[Sequence[Any]]) -> list[Any]:
    """Plain rows of tuples that begin with the columns of `model`."""
    make, names = _plain(model), _columns(model)
    rows = []
    for values in found:
        row = make()
        row.__dict__ = dict(zip(names, values, strict=False))
        rows.append(row)
    return rows


def _links(model: type[Any], names: Sequence[str]) -> dict[str, RelationshipProperty[Any]]:
    """The to-one relations among `names` that are a foreign key to an id."""
    mapped = inspect(model).relationships
    return {
        name: mapped[name]
        for name in names
        if name in mapped and not mapped[name].uselist and len(mapped[name].local_columns) == 1
    }


def _link(
    session: Session,
    rows: Sequence[Any],
    relation: RelationshipProperty[Any],
    known: dict[int, Any],
) -> None:
    """Set the to-one relation of the rows; None where the target is out of reach.

    Not by a join, which would return the same few targets for many rows.
    """
    key, name = key_of(relation), relation.key
    target: Any = relation.mapper.class_
    wanted = {getattr(row, key) for row in rows} - {None}
    if len(known) > KEPT:
        known.clear()
    if missing := wanted - known.keys():
        known |= dict.fromkeys(missing)
        columns = _columns(target).values()
        found = session.execute(select(*columns).where(target.id.in_(missing)))
        known |= {row.id: row for row in _rows(target, found)}
    for row in rows:
        setattr(row, name, known.get(getattr(row, key)))


def _ahead(model: type[Any], names: Sequence[str]) -> set[Callable[[Iterable[int]], None]]:
    """What reads computed values among `names` for many rows at once."""
    members = (getattr(model, name, None) for name in names)
    return {one.ahead for one in members if isinstance(one, computed) and one.ahead is not None}


def _lists(model: type[Any], names: Sequence[str]) -> dict[str, list[str]]:
    """The relations to many among `names`, with what further names lead to from there."""
    mapped = inspect(model).relationships
    found: dict[str, list[str]] = {}
    for name in names:
        first, _dot, rest = name.partition(".")
        if first in mapped and mapped[first].uselist:
            found.setdefault(first, []).extend([rest] if rest else [])
    return found


def _list(
    session: Session,
    rows: Sequence[Any],
    relation: RelationshipProperty[Any],
    further: Sequence[str],
) -> None:
    """Set a to-many relation of the rows, with the further names."""
    model, target = relation.parent.class_, relation.mapper.class_
    by_id: dict[int, list[Any]] = {row.id: [] for row in rows}
    found = session.execute(
        select(model.id, target)
        .join(relation.class_attribute)
        .where(model.id.in_(by_id))
        .order_by(*(relation.order_by or ()))
        .options(*loading(target, further))
    )
    for pk, one in found.unique():
        by_id[pk].append(one)
    for row in rows:
        setattr(row, relation.key, by_id[row.id])
