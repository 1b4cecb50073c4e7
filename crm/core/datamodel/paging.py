"""One page of a list: by key from either end, never by counting off the rows before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, false, or_, select
from sqlalchemy.orm import Session

from crm.core import rows
from crm.core.datamodel.index_choice import find_index, fixed_values
from crm.core.datamodel.index_scan import IndexScan, parent_batches, scan_branches
from crm.core.datamodel.loading import loading
from crm.core.datamodel.orders import Order
from crm.core.datamodel.tokens import decode, encode

COUNT_CAP = 10_000
SORTED = 1000  # rows that are sorted rather than looked for along an index
# Execution option of a statement that has few rows, which are cheaper to find than to walk to.
FEW = "crm_few"


@dataclass(frozen=True)
class PageRequest:
    """Which page. `cursor` is a token of a page before; `backwards` reads towards the start.

    Without a cursor, backwards is the last page and `offset` counts from the first row. `few` says
    that the whole list is known to have no more than SORTED rows. With `columns` each row is a
    tuple that begins with these columns of the table, instead of a mapped object.
    """

    size: int = 25
    cursor: str = ""
    backwards: bool = False
    offset: int = 0
    few: bool = False
    columns: tuple[Any, ...] = ()


@dataclass(frozen=True)
class ResultPage:
    """The rows of a page, and the tokens of its neighbours; "" where there is none."""

    rows: list[Any]
    before: str
    after: str


@dataclass(frozen=True)
class Key:
    """One expression of an order."""

    expression: ColumnElement[Any]
    descending: bool = False


def read_page(
    session: Session,
    statement: Select[Any],
    model: type[Any],
    order: Order,
    ask: PageRequest,
    relations: Sequence[str],
) -> ResultPage:
    """One page of `statement`, its to-one `relations` joined outside the limit.

    A list of few rows is sorted. Of any other the rows are read along an index, in the order of
    the page, from where the page begins. Raises ValueError where the token is not ours.
    """
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    start = decode(ask.cursor, order.columns) if ask.cursor else None
    few = ask.few or bool(statement.get_execution_options().get(FEW))
    pages = None if few else _walked(statement, model, order, ask, start, is_sqlite)
    found: list[Row[Any]] = []
    for page in pages or [_sorted(statement, order, ask.backwards, start, few, is_sqlite)]:
        outer = _whole(page, model, order, ask).options(*loading(model, relations, joined=False))
        outer = outer.execution_options(**statement.get_execution_options())
        result = session.execute(outer)
        found += result if ask.columns else result.unique()
        if len(found) > ask.size:
            break
    more = len(found) > ask.size
    found = found[: ask.size]
    if ask.backwards:
        found.reverse()
    return _neighbours(found, more, order, ask)


def _whole(page: Any, model: type[Any], order: Order, ask: PageRequest) -> Select[Any]:
    """The rows of a page that has their keys, with what a token says of them."""
    keys = _keys(order, page.c)
    chosen = select(page).order_by(*(_directed(key, ask.backwards) for key in keys))
    page = chosen.limit(ask.size + 1).offset(ask.offset or None).subquery()
    # An outer join, because SQLite would rather read a small table whole than begin with the page.
    outer = select(*(ask.columns or (model,)), *order.columns).select_from(page)
    outer = outer.outerjoin(model, model.id == page.c.id)
    return outer.order_by(*(_directed(key, ask.backwards) for key in _keys(order, page.c)))


def _keys(order: Order, columns: Any) -> list[Key]:
    """The keys by which `columns` (place, value, id) are sorted."""
    keys = [Key(columns.place)] if order.link is not None else []
    if order.can_be_empty:
        keys.append(Key(columns.value.is_(None)))
    return [*keys, Key(columns.value, order.descending), Key(columns.id, order.descending)]


def _walked(
    statement: Select[Any],
    model: type[Any],
    order: Order,
    ask: PageRequest,
    start: Sequence[Any] | None,
    is_sqlite: bool,
) -> list[Any] | None:
    """The rows of a page, or of its parts one after the other; None where no index serves."""
    which = rows.listed_rows(statement, model)
    if which is None:
        return None
    values = fixed_values(statement, model)
    link = order.link.key if order.link is not None else ""
    index = find_index(model, which, values, link, order.column.key)
    if index is None:
        return None
    limit = ask.size + 1 + ask.offset
    walk = IndexScan(statement, model, order, index, limit, ask.backwards, is_sqlite)
    parts = parent_batches(walk, values, start)
    if ask.offset:  # rows are counted off: all parts at once
        parts = [tuple(parent for part in parts for parent in part)]
    return [scan_branches(walk, values, start, part) for part in parts]


def _sorted(
    statement: Select[Any],
    order: Order,
    backwards: bool,
    start: Sequence[Any] | None,
    few: bool,
    is_sqlite: bool,
) -> Any:
    """All rows of a list with their keys; the database may take what index finds them best."""
    columns = [order.column.label("value"), order.columns[-1].label("id")]
    if order.link is not None:
        columns.insert(0, order.ranked(is_sqlite).label("place"))
    inner = statement.with_only_columns(*columns).order_by(None)
    found = inner.cte().prefix_with("MATERIALIZED") if few else inner.subquery()
    if start is None:
        return found
    keys = _keys(order, found.c)
    filled = [start[-2] is None] if order.can_be_empty else []
    places = [order.rank(start[0])] if order.link is not None else []
    past = _beyond(keys, [*places, *filled, *start[-2:]], backwards)
    return select(found).where(past).subquery()


def _beyond(keys: Sequence[Key], values: Sequence[Any], backwards: bool) -> ColumnElement[bool]:
    """The rows after (before, when backwards) the one whose keys are `values`."""
    ways: list[ColumnElement[bool]] = []
    for position, key in enumerate(keys):
        value = values[position]
        if value is None:
            continue  # the "is empty" key before it has told these apart already
        equal = [_same(k.expression, v) for k, v in zip(keys[:position], values, strict=False)]
        ways.append(and_(*equal, _past(key, value, backwards)))
    return or_(*ways)


def _same(expression: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    return expression.is_(None) if value is None else expression == value


def _past(key: Key, value: Any, backwards: bool) -> ColumnElement[bool]:
    down = key.descending != backwards
    if isinstance(value, bool):  # no order in SQLAlchemy: what is past False is True
        return key.expression == (not value) if value is down else false()
    return key.expression < value if down else key.expression > value


def _directed(key: Key, backwards: bool) -> ColumnElement[Any]:
    return key.expression.desc() if key.descending != backwards else key.expression.asc()


def _neighbours(rows: list[Row[Any]], more: bool, order: Order, ask: PageRequest) -> ResultPage:
    if not rows:
        return ResultPage([], "", "")
    keys = -len(order.columns)
    columns = order.columns
    first, last = encode(rows[0][keys:], columns), encode(rows[-1][keys:], columns)
    started = bool(ask.cursor or ask.offset) and not ask.backwards
    return ResultPage(
        list(rows) if ask.columns else [row[0] for row in rows],
        before=first if (ask.backwards and more) or started else "",
        after=last if (not ask.backwards and more) or (ask.backwards and ask.cursor) else "",
    )
