"""The rows of a table that is too long to be read at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, inspect, select
from sqlalchemy.orm import RelationshipProperty, Session, load_only
from sqlalchemy.orm.attributes import set_committed_value

from crm.core.datamodel import DataModel
from crm.core.datamodel.loading import loading
from crm.core.datamodel.paging import Ask
from crm.core.models import key_of

ROWS_AT_ONCE = 500
KEPT = 10_000  # rows of one linked table


def every_row(
    datamodel: DataModel,
    statement: Select[Any],
    order: Sequence[tuple[str, str]],
    names: Sequence[str] = (),
) -> Iterator[Any]:
    """Each row of `statement` in `order`, a batch at a time, found by key and let go after it.

    The rows that `names` lead to are read in statements of their own, each once.
    """
    session = datamodel.session
    linked = _links(datamodel.obj, names)
    lists = loading(datamodel.obj, [name for name in names if name not in linked], joined=False)
    known: dict[str, dict[int, Any]] = {name: {} for name in linked}
    ask = Ask(size=ROWS_AT_ONCE)
    while True:
        found = datamodel.page(statement, order, ask)
        for name, relation in linked.items():
            _link(session, found.rows, relation, known[name])
        if lists and found.rows:
            model = datamodel.obj
            ids = [row.id for row in found.rows]
            only = select(model).where(model.id.in_(ids)).options(load_only(model.id), *lists)
            session.scalars(only).unique().all()
        yield from found.rows
        for row in found.rows:
            if not inspect(row).modified:
                session.expunge(row)
        if not found.after:
            return
        ask = replace(ask, cursor=found.after)


def _links(model: type[Any], names: Sequence[str]) -> dict[str, RelationshipProperty[Any]]:
    """The to-one relations among `names` that are a foreign key to an id."""
    mapped: Mapping[str, RelationshipProperty[Any]] = inspect(model).relationships
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
    """Give the rows what their relation leads to, None where that is out of reach.

    A join would send and read the same few rows again with each of the many.
    """
    key = key_of(relation)
    target = relation.mapper.class_
    wanted = {getattr(row, key) for row in rows} - {None}
    if len(known) > KEPT:
        known.clear()
    if missing := wanted - known.keys():
        known |= dict.fromkeys(missing)
        found = session.scalars(select(target).where(target.id.in_(missing))).unique()
        known |= {row.id: row for row in found}
    for row in rows:
        set_committed_value(row, relation.key, known.get(getattr(row, key)))
