"""The operators of filters, as SQL on parsed values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

Build = Callable[[Any, Sequence[Any]], ColumnElement[bool]]


@dataclass(frozen=True)
class Operator:
    """One way to compare. `key`: its name in the API; `values`: how many it takes, -1 is any.

    One of `days` takes a number of days from today, its sign before it.
    """

    key: str
    label: Any
    values: int
    build: Build
    days: int = 0


def _contains(column: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    return like(column, f"%{escaped(values[0])}%")


def _starts(column: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    return like(column, f"{escaped(values[0])}%")


def like(column: Any, pattern: str) -> ColumnElement[bool]:
    is_column = isinstance(column, InstrumentedAttribute)
    folds = is_column and column.property.columns[0].info.get("folds")
    return column.like(pattern, escape="\\") if folds else column.ilike(pattern, escape="\\")


def escaped(text: str) -> str:
    """`text` as a part of a pattern of LIKE."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


_EMPTY = Operator("empty", _l("is empty"), 0, lambda column, values: column.is_(None))
_FILLED = Operator("filled", _l("is filled"), 0, lambda column, values: column.is_not(None))
_IS = Operator("eq", _l("is"), 1, lambda column, values: column == values[0])
TEXT = (
    Operator("contains", _l("contains"), 1, _contains),
    _IS,
    Operator("sw", _l("begins with"), 1, _starts),
    _EMPTY,
    _FILLED,
)
ORDERED = (
    Operator("gte", _l("at least"), 1, lambda column, values: column >= values[0]),
    Operator("lte", _l("at most"), 1, lambda column, values: column <= values[0]),
    _IS,
    _EMPTY,
    _FILLED,
    Operator("between", _l("between"), 2, lambda column, values: column.between(*values)),
)
DATED = (
    Operator("gte", _l("from"), 1, ORDERED[0].build),
    Operator("lte", _l("until"), 1, ORDERED[1].build),
    *ORDERED[2:],
    Operator("last_days", _l("in the last … days"), 1, ORDERED[5].build, days=-1),
    Operator("next_days", _l("in the next … days"), 1, ORDERED[5].build, days=1),
)


def _one_of(column: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    """None among `values` is a column without value."""
    filled = [value for value in values if value is not None]
    ways = [column.in_(filled)] if filled or not values else []
    return or_(*ways, *([column.is_(None)] if None in values else []))


def _none_of(column: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    filled = [value for value in values if value is not None]
    if None not in values:
        return or_(column.is_(None), column.not_in(filled))
    found: ColumnElement[bool] = and_(column.is_not(None), column.not_in(filled))
    return found if filled else column.is_not(None)


IN, NOT_IN = _l("is one of"), _l("is none of")
CHOSEN = (
    Operator("in", IN, -1, _one_of),
    Operator("not_in", NOT_IN, -1, _none_of),
    _EMPTY,
    _FILLED,
)
EQUAL = (_IS,)


def has_any(relation: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    """The rows that are linked to one of `values`; those without any link where None is one.

    By a subquery, as relation.any() would be evaluated for each row."""
    filled = [value for value in values if value is not None]
    if None in values:
        unlinked = _is_linked(relation, False)
        return or_(unlinked, has_any(relation, filled)) if filled else unlinked
    mapped = relation.property
    if mapped.secondary is None:
        return relation.any(mapped.mapper.class_.id.in_(values))
    ours, theirs = mapped.synchronize_pairs[0][1], mapped.secondary_synchronize_pairs[0][1]
    return relation.parent.class_.id.in_(select(ours).where(theirs.in_(values)))


def _is_linked(relation: Any, expected: bool) -> ColumnElement[bool]:
    """Whether a row is linked to any, by the column that keeps it where there is one."""
    kept = relation.property.info.get("kept")
    if kept is None:
        return relation.any() if expected else ~relation.any()
    return getattr(relation.parent.class_, kept) == expected


LINKED = (
    Operator("in", IN, -1, has_any),
    Operator("not_in", NOT_IN, -1, lambda column, values: ~has_any(column, values)),
    Operator("empty", _l("is empty"), 0, lambda column, values: _is_linked(column, False)),
    Operator("filled", _l("is filled"), 0, lambda column, values: _is_linked(column, True)),
)
