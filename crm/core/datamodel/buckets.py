"""Days, weeks, months, quarters and years of a column, as SQL of both databases."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, case, cast, func, literal_column

FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC)


class Step(StrEnum):
    """How long the parts are into which dates are grouped; a week begins on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


def first_day(day: date, step: Step) -> date:
    """The first day of the part that `day` is in.

    >>> first_day(date(2027, 5, 20), Step.QUARTER)
    datetime.date(2027, 4, 1)
    """
    if step is Step.DAY:
        return day
    if step is Step.WEEK:
        return day - timedelta(days=day.weekday())
    months = {Step.MONTH: 1, Step.QUARTER: 3, Step.YEAR: 12}[step]
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def last_day(first: date, step: Step) -> date:
    """The last day of the part that begins on `first`.

    >>> last_day(date(2028, 2, 1), Step.MONTH)
    datetime.date(2028, 2, 29)
    """
    longest = {Step.DAY: 1, Step.WEEK: 7, Step.MONTH: 31, Step.QUARTER: 92, Step.YEAR: 366}[step]
    return first_day(first + timedelta(days=longest), step) - timedelta(days=1)


def day_of(instant: ColumnElement[Any], zone: str, dialect: str) -> ColumnElement[Any]:
    """The day of an instant in a time zone."""
    if dialect == "postgresql":
        return cast(func.timezone(zone, instant), Date)
    moved = func.datetime(instant, _shift(instant, zone))
    return func.date(moved, type_=Date)


def bucket(day: ColumnElement[Any], step: Step, dialect: str) -> ColumnElement[Any]:
    """The first day of the part that a day is in."""
    if step is Step.DAY:
        return day
    if dialect == "postgresql":
        return cast(func.date_trunc(step.value, day), Date)
    return func.date(day, *_MODIFIERS[step](day), type_=Date)


_MODIFIERS: dict[Step, Any] = {
    Step.WEEK: lambda day: ("-6 days", "weekday 1"),
    Step.MONTH: lambda day: ("start of month",),
    Step.QUARTER: lambda day: (
        "start of month",
        literal_column("'-'").op("||")((func.strftime("%m", day) - 1) % 3).op("||")(" months"),
    ),
    Step.YEAR: lambda day: ("start of year",),
}


def _shift(instant: ColumnElement[Any], zone: str) -> Any:
    """The offset from UTC as SQLite's functions of dates take it, the latest times tried first."""
    changes = _changes(zone)
    words = [(start, f"{seconds:+d} seconds") for start, seconds in changes]
    whens = [(instant >= start, shift) for start, shift in words[:-1]]
    return case(*whens, else_=words[-1][1]) if whens else words[-1][1]


@cache
def _changes(zone: str) -> tuple[tuple[datetime, int], ...]:
    """(since when, seconds from UTC), the latest first; SQLite knows no time zones."""
    found = [(FIRST, _offset(FIRST, zone))]
    for day in range(0, (LAST - FIRST).days, 7):
        low, high = FIRST + timedelta(days=day), FIRST + timedelta(days=day + 7)
        if _offset(high, zone) == _offset(low, zone):
            continue
        while high - low > timedelta(minutes=1):
            middle = low + (high - low) / 2
            if _offset(middle, zone) == _offset(low, zone):
                low = middle
            else:
                high = middle
        change = high.replace(second=0, microsecond=0)
        found.append((change, _offset(high, zone)))
    return tuple(reversed(found))


def _offset(instant: datetime, zone: str) -> int:
    moved = instant.astimezone(ZoneInfo(zone)).utcoffset()
    return int(moved.total_seconds()) if moved is not None else 0
