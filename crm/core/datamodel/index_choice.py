"""Analysis of the conditions of a list, to choose the index for reading it in order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Index, Select
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    False_,
    Grouping,
    Null,
    True_,
)

from crm.core import rows

MOST = 200  # branches; a column with more values is not used
BOUNDS = (operators.ge, operators.gt, operators.le, operators.lt, operators.between_op)

Values = tuple[Any, ...]


def fixed_values(statement: Select[Any], model: type[Any]) -> dict[str, Values]:
    """column → its possible values, where rights and conditions allow few."""
    found = rows.known_values(model)
    for column, values in _conditions(statement, model):
        known = found.get(column)
        found[column] = values if known is None else tuple(v for v in known if v in values)
    return {name: values for name, values in found.items() if len(values) <= MOST}


@dataclass(frozen=True)
class Compared:
    """The columns that a statement compares: with a few `values`, or with bounds.

    `alone`: it has no other conditions.
    """

    values: Mapping[str, Values]
    bounded: frozenset[str]
    alone: bool

    @property
    def columns(self) -> frozenset[str]:
        return frozenset(self.values) | self.bounded


def compared(statement: Select[Any], model: type[Any]) -> Compared:
    """The columns that the conditions of a statement compare."""
    parts = list(_parts(statement.whereclause))
    found = list(_conditions(statement, model))
    bounded = [name for name in (_bounded(part, model) for part in parts) if name]
    alone = len(found) + len(bounded) == len(parts)
    return Compared(dict(found), frozenset(bounded), alone)


def _conditions(statement: Select[Any], model: type[Any]) -> Iterator[tuple[str, Values]]:
    for part in _parts(statement.whereclause):
        found = _fixed(part, model)
        if found is not None:
            yield found


def _fixed(part: Any, model: type[Any]) -> tuple[str, Values] | None:
    """The column of a comparison, and its values; of `column IN (…) OR column IS NULL` too."""
    if isinstance(part, Grouping):
        return _fixed(part.element, model)
    if isinstance(part, BooleanClauseList) and part.operator is operators.or_:
        ways = [_fixed(way, model) for way in part.clauses]
        names = {way[0] if way is not None else "" for way in ways}
        if "" in names or len(names) > 1:
            return None
        return names.pop(), tuple(dict.fromkeys(v for way in ways if way for v in way[1]))
    values = _values(part) if isinstance(part, BinaryExpression) else None
    name = _column(part, model)
    return (name, values) if name and values is not None else None


def _column(part: Any, model: type[Any]) -> str:
    """The column on the left of a comparison; "" where there is none."""
    table = model.__table__
    name = str(getattr(part.left, "key", "")) if isinstance(part, BinaryExpression) else ""
    return name if name in table.c and table.c[name].shares_lineage(part.left) else ""


def _bounded(part: Any, model: type[Any]) -> str:
    """The column of a comparison that is false where it is NULL, but for equality; "" for none."""
    name = _column(part, model)
    if name and (
        part.operator in BOUNDS
        or (part.operator is operators.is_not and isinstance(part.right, Null))
    ):
        return name
    return ""


def _parts(clause: Any) -> Iterator[Any]:
    if isinstance(clause, Grouping):
        yield from _parts(clause.element)
    elif isinstance(clause, BooleanClauseList) and clause.operator is operators.and_:
        for part in clause.clauses:
            yield from _parts(part)
    elif clause is not None:
        yield clause


def _values(part: BinaryExpression[Any]) -> Values | None:
    """The values that `column = value`, `column IN (…)` and `column IS NULL` allow."""
    right = part.right
    if part.operator is operators.is_ and isinstance(right, Null):
        return (None,)
    if isinstance(right, True_ | False_):
        return (isinstance(right, True_),)
    if not isinstance(right, BindParameter):
        return None
    if part.operator is operators.eq:
        return (right.effective_value,)
    if part.operator is operators.in_op:
        return tuple(dict.fromkeys(right.effective_value or ()))
    return None


def find_index(
    model: type[Any], bin_or_live: str, values: Mapping[str, Values], link: str, column: str
) -> Index | None:
    """The index with columns of `values`, `link` among them, followed by `column`.

    The most selective one: by owner where that is fixed, else with the most columns.
    """
    fitting = [
        index
        for index in model.__table__.indexes
        if index.info.get("listed") == bin_or_live and _fits(index, values, link, column)
    ]
    return max(fitting, key=lambda index: selectivity(prefix_columns(index, column)), default=None)


def prefix_columns(index: Index, column: str) -> list[str]:
    """The columns of an index before `column`."""
    names = [one.name for one in index.columns]
    return names[: names.index(column)]


def _fits(index: Index, values: Mapping[str, Values], link: str, column: str) -> bool:
    names = [one.name for one in index.columns]
    if column not in names or names[names.index(column) + 1 :][:1] not in (["id"], []):
        return False
    first = prefix_columns(index, column)
    if link and link not in first:
        return False
    count = 1
    for name in first:
        if name == link:
            continue
        if name not in values or not _can_be_joined(values[name]):
            return False
        count *= max(len(values[name]), 1)
    return count <= MOST


def _can_be_joined(values: Sequence[Any]) -> bool:
    """Whether several values can be passed as an array of integers."""
    filled = [value for value in values if value is not None]
    return len(filled) <= 1 or all(type(value) is int for value in filled)


def selectivity(first: Sequence[str]) -> tuple[bool, int]:
    """A sort key of indexes whose `first` columns are fixed: greater is more selective."""
    return "owner_id" in first, len(first)
