"""Keyset pagination, from either end of a list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, false, or_, select, union_all
from sqlalchemy.orm import Session

from crm.core import rows
from crm.core.datamodel.index_choice import find_index, fixed_values
from crm.core.datamodel.index_scan import IndexScan, parent_batches, scan_branches
from crm.core.datamodel.loading import loading
from crm.core.datamodel.narrowing import by_key, narrowed
from crm.core.datamodel.orders import Order
from crm.core.datamodel.tokens import decode, encode

COUNT_CAP = 10_000
SORTED = 1000  # up to so many rows are sorted instead of read along an index
# Execution option of a statement with few rows, which are cheaper to sort.
FEW = "crm_few"


@dataclass(frozen=True)
class PageRequest:
    """The page to read. `cursor` is a token of another page; `backwards` reads towards the start.

    Without a cursor, backwards is the last page and `offset` counts from the first row. `few`: the
    whole list has at most SORTED rows. With `columns` each row is a tuple that begins with these
    columns, instead of a mapped object. `marks` are conditions; a ResultPage tells which of them
    each row meets.
    """

    size: int = 25
    cursor: str = ""
    backwards: bool = False
    offset: int = 0
    few: bool = False
    columns: tuple[Any, ...] = ()
    marks: rows.Marks = ()


@dataclass(frozen=True)
class ResultPage:
    """The rows of a page, and the tokens of the pages before and after; "" for none."""

    rows: list[Any]
    before: str
    after: str
    marked: Sequence[frozenset[str]] = ()


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

    A list of few rows is sorted; others are read along an index from where the page begins.
    Raises ValueError for an invalid token.
    """
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    start = decode(ask.cursor, order.columns) if ask.cursor else None
    asked = (statement, model, order, ask, start, is_sqlite)
    pages = None if _is_few(statement, ask) else _walked(*asked)
    found: list[Row[Any]] = []
    for page in pages or [_sorted(*asked)]:
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
    """The rows of a subquery of ids, with the columns of the token."""
    keys = _keys(order, page.c)
    chosen = select(page).order_by(*(_directed(key, ask.backwards) for key in keys))
    page = chosen.limit(ask.size + 1).offset(ask.offset or None).subquery()
    # An outer join, as SQLite would otherwise start with a scan of the small table.
    marks = (condition.label(f"mark_{name}") for name, condition in ask.marks)
    outer = select(*(ask.columns or (model,)), *marks, *order.columns).select_from(page)
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
    """The rows, read batch by batch along an index; None where no index fits."""
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
    if ask.offset:  # an offset needs all batches at once
        parts = [tuple(parent for part in parts for parent in part)]
    scans = [scan_branches(walk, values, start, part) for part in parts]
    beyond = rows.read_beyond(model)
    if beyond is None:
        return scans
    few = by_key(statement.where(beyond), model)
    return [
        _together(order, scan, _sorted(few.where(*among), model, order, ask, start, is_sqlite))
        for scan, among in zip(scans, _stretches(order, parts, ask, is_sqlite), strict=True)
    ] or [_sorted(few, model, order, ask, start, is_sqlite)]


def _stretches(
    order: Order, parts: Sequence[Sequence[int | None]], ask: PageRequest, is_sqlite: bool
) -> Iterator[list[ColumnElement[bool]]]:
    """The conditions by which the rows of any parent belong to one of these batches."""
    passed: int | None = None
    for number, part in enumerate(parts):
        ranks = [order.rank(parent) for parent in part] if order.link is not None else []
        among = []
        if passed is not None:
            rank = order.ranked(is_sqlite)
            among.append(rank < passed if ask.backwards else rank > passed)
        if ranks and number < len(parts) - 1:
            passed = min(ranks) if ask.backwards else max(ranks)
            rank = order.ranked(is_sqlite)
            among.append(rank >= passed if ask.backwards else rank <= passed)
        yield among


def _together(order: Order, *parts: Any) -> Any:
    """The rows of several subqueries as one."""
    names = ("place", "value", "id") if order.link is not None else ("value", "id")
    return union_all(*(select(*(part.c[name] for name in names)) for part in parts)).subquery()


def _is_few(statement: Select[Any], ask: PageRequest) -> bool:
    return ask.few or bool(statement.get_execution_options().get(FEW))


def _sorted(
    statement: Select[Any],
    model: type[Any],
    order: Order,
    ask: PageRequest,
    start: Sequence[Any] | None,
    is_sqlite: bool,
) -> Any:
    """The page by sorting the whole list."""
    columns = [order.column.label("value"), order.columns[-1].label("id")]
    if order.link is not None:
        columns.insert(0, order.ranked(is_sqlite).label("place"))
    inner = statement.with_only_columns(*columns).order_by(None)
    found: Any = inner.subquery()
    if _is_few(statement, ask):
        found = narrowed(inner, model).cte().prefix_with("MATERIALIZED")
    if start is None:
        return found
    past = beyond(order, found.c, start, backwards=ask.backwards)
    return select(found).where(past).subquery()


def beyond(
    order: Order, columns: Any, start: Sequence[Any], *, backwards: bool
) -> ColumnElement[bool]:
    """The rows after (before, when backwards) the one whose `order.columns` are `start`.

    `columns` are (place, value, id).
    """
    filled = [start[-2] is None] if order.can_be_empty else []
    places = [order.rank(start[0])] if order.link is not None else []
    return _past_keys(_keys(order, columns), [*places, *filled, *start[-2:]], backwards)


def _past_keys(keys: Sequence[Key], values: Sequence[Any], backwards: bool) -> ColumnElement[bool]:
    ways: list[ColumnElement[bool]] = []
    for position, key in enumerate(keys):
        value = values[position]
        if value is None:
            continue  # the preceding "is NULL" key decides already
        equal = [_same(k.expression, v) for k, v in zip(keys[:position], values, strict=False)]
        ways.append(and_(*equal, _past(key, value, backwards)))
    return or_(*ways)


def _same(expression: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    return expression.is_(None) if value is None else expression == value


def _past(key: Key, value: Any, backwards: bool) -> ColumnElement[bool]:
    down = key.descending != backwards
    if isinstance(value, bool):  # SQLAlchemy does not compare booleans: only True is after False
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
        marked=[_marked(row, ask) for row in rows] if ask.marks else (),
    )


def _marked(row: Row[Any], ask: PageRequest) -> frozenset[str]:
    return frozenset(name for name, _condition in ask.marks if getattr(row, f"mark_{name}"))
