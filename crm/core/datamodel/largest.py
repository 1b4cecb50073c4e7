"""The largest groups, and all others put together by the database, as there can be thousands."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Float, Select, case, cast, func, select

from crm.core.datamodel.arithmetic import sum_of


@dataclass(frozen=True)
class Largest:
    """Of the values of the first group the `most` largest ones of each currency; one more stays.

    The largest by `how` of the first measure, by the number of rows without. `by_part`: the last
    group is 0 for the rows that say which are the largest, something else for others.
    """

    most: int
    how: str = ""
    by_part: bool = False


def put_together(statement: Select[Any], cut: Largest, dialect: str) -> Select[Any]:
    """`statement` with key_0 …, currency, number, sum_0, filled_0 … in fewer groups.

    Followed by the number of groups of which each is made; of the last, key_0 is NULL.
    """
    groups = statement.subquery()
    sized = select(groups, _size(groups.c, cut).label("size")).subquery()
    key = sized.c.key_0
    place = func.dense_rank().over(
        partition_by=sized.c.currency, order_by=(sized.c.size.desc(), key.is_(None), key)
    )
    placed = select(sized, place.label("place")).subquery()
    last = func.max(placed.c.place).over(partition_by=placed.c.currency)
    known = select(placed, last.label("last")).subquery()
    is_kept = (known.c.place <= cut.most) | (known.c.last <= cut.most + 1)
    named = [one for one in groups.c if one.key.startswith("key_") and one.key != "key_0"]
    told = select(
        case((is_kept, known.c.key_0)).label("key_0"),
        case((is_kept, 0), else_=known.c.last - cut.most).label("together"),
        *(known.c[one.key] for one in groups.c if one.key != "key_0"),
    ).subquery()
    by = [told.c.key_0, *(told.c[one.key] for one in named), told.c.currency]
    figures = [one for one in told.c if one.key.startswith(("number", "sum_", "filled_"))]
    sums = [sum_of(one, dialect) for one in figures]
    return select(*by, *sums, told.c.together).group_by(*by, told.c.together)


def _size(groups: Any, cut: Largest) -> ColumnElement[Any]:
    """How large the first group of a row is, in its currency."""
    part = next(one for one in reversed(groups) if one.key.startswith("key_"))

    def over(name: str) -> ColumnElement[Any]:
        number = cast(groups[name], Float)
        meant = case((part == 0, number)) if cut.by_part else number
        return func.sum(meant).over(partition_by=(groups.currency, groups.key_0))

    if not cut.how:
        size = over("number")
    elif cut.how == "average":
        size = over("sum_0") / func.nullif(over("filled_0"), 0)
    else:
        size = over("sum_0")
    return func.coalesce(size, 0)
