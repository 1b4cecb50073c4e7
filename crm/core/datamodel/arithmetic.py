"""Parts of an amount in SQL, rounded as Python rounds them, and reckoning with dates."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Integer,
    Numeric,
    String,
    cast,
    func,
    type_coerce,
)

from crm.core.types import Exact, Money

PART = 10**9


def share(amount: Any, part: Any, whole: Any, dialect: str) -> ColumnElement[Any]:
    """`amount` × `part` ÷ `whole`, half a cent rounded up; of amounts that are not negative.

    SQLite keeps cents as an integer; dividing first keeps the product within its 64 bits. All are
    said to be integers: `//` of anything else is a FLOOR in Python, which refuses NULL.
    """
    if dialect == "postgresql":
        exact = cast(amount, Numeric) * part / whole
        return type_coerce(func.round(exact, 2), Money())
    cents, part, whole = (type_coerce(one, BigInteger) for one in (amount, part, whole))
    rest = (cents % whole) * part
    return type_coerce((cents // whole) * part + (rest * 2 + whole) // (2 * whole), Money())


def sum_of(column: Any, dialect: str) -> ColumnElement[Any]:
    """The sum of a column.

    SQLite's own ends with an error beyond 64 bits, which 93 of the largest amounts exceed. Of two
    parts it is exact up to there, and beyond it has 15 digits.
    """
    if dialect == "postgresql" or not isinstance(column.type, Exact):
        return func.sum(column)
    number = type_coerce(column, BigInteger)
    whole = func.sum(number // PART) * PART + func.sum(number % PART)
    return type_coerce(whole, column.type)


def days_between(first: Any, last: Any, dialect: str) -> ColumnElement[Any]:
    """The whole days from one date to another."""
    if dialect == "postgresql":
        return type_coerce(last - first, Integer)
    return cast(func.julianday(last) - func.julianday(first), Integer)


def months_after(day: Any, months: Any, dialect: str) -> ColumnElement[Any]:
    """The same day number `months` later, else the last day of that month."""
    if dialect == "postgresql":
        return cast(day + func.make_interval(0, months), Date)
    first = func.date(day, "start of month", cast(months, String).op("||")(" months"))
    last = func.date(first, "+1 month", "-1 day")
    days = cast(func.strftime("%d", day), Integer) - 1
    same = func.date(first, cast(days, String).op("||")(" days"))
    return func.min(last, same, type_=Date)
