"""The rows before and after one in a list, and its place there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from crm.core.datamodel.narrowing import narrowed
from crm.core.datamodel.orders import Order
from crm.core.datamodel.paging import COUNT_CAP, SORTED, PageRequest, beyond, read_page
from crm.core.datamodel.tokens import encode


@dataclass(frozen=True)
class Neighbors:
    """Ids of the rows around one, None at the ends; its place from 1, 0 where it is not listed.

    `count` stops at COUNT_CAP + 1, and the place is then unknown (0).
    """

    before: int | None
    after: int | None
    place: int
    count: int


def read_neighbors(
    session: Session, statement: Select[Any], model: type[Any], order: Order, row: Any
) -> Neighbors:
    """What stands around `row` in the list of `statement`, read along its index."""
    values = [getattr(row, column.key) for column in order.columns]
    place, count = _place(session, statement, model, order, values)
    token = encode(values, order.columns)

    def one(*, backwards: bool) -> int | None:
        few = count <= SORTED
        ask = PageRequest(1, token, backwards=backwards, few=few, columns=(model.id,))
        found = read_page(session, statement, model, order, ask, ())
        return found.rows[0][0] if found.rows else None

    return Neighbors(one(backwards=True), one(backwards=False), place, count)


def _place(
    session: Session,
    statement: Select[Any],
    model: type[Any],
    order: Order,
    values: Sequence[Any],
) -> tuple[int, int]:
    """(place, number of rows) of a list, in one statement."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    keys = [order.column.label("value"), order.columns[-1].label("id")]
    if order.link is not None:
        keys.insert(0, order.ranked(is_sqlite).label("place"))
    found = narrowed(statement.with_only_columns(*keys).order_by(None), model)
    listed = found.limit(COUNT_CAP + 1).subquery()
    past = beyond(order, listed.c, values, backwards=True)
    here = listed.c.id == values[-1]
    number = select(func.count(), func.count(case((past, 1))), func.count(case((here, 1))))
    count, before, is_listed = session.execute(number.select_from(listed)).one()
    return (before + 1 if is_listed and count <= COUNT_CAP else 0), count
