"""The rule of a series and its dates: no database, no request. Source: spec 9.4, RFC 5545.

python-dateutil computes; ours is what it lacks: the last day of shorter months, the wall clock kept
across daylight saving, and the limit. Weeks begin on Monday. A rule keeps the day it was made for
(31, 29 February, "last Friday"), so that a series which is split on a shorter month does not drift.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from dateutil import rrule
from flask_babel import gettext as _

from crm.core.errors import DomainError

LIMIT = 366  # occurrences of a series
LAST_YEAR = 2200  # of any date of ours (core.models.dates)
INTERVALS = range(1, 100)
LAST = -1  # position of the last weekday of a month
WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


class Frequency(StrEnum):
    """How often a series repeats."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"


_FREQUENCIES = {
    Frequency.DAILY: rrule.DAILY,
    Frequency.WEEKLY: rrule.WEEKLY,
    Frequency.MONTHLY: rrule.MONTHLY,
    Frequency.YEARLY: rrule.YEARLY,
}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule that ends after `count` occurrences, the first included, or with the day `until`.

    `weekdays`, 0 for Monday, belong to weekly rules. Monthly rules have a `position` (1 to 4, or
    LAST) of the start's weekday, else a `day` of the month, as yearly ones do; months that have no
    such day take their last one. What is left out is the start's (`anchored`).
    """

    frequency: Frequency
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    day: int | None = None
    position: int | None = None
    count: int | None = None
    until: date | None = None


def anchored(rule: Rule, first: date) -> Rule:
    """The rule with what it takes from its first day; what its frequency does not use is dropped.

    A weekly rule always has the weekday of its start.
    """
    weekdays: tuple[int, ...] = ()
    day = position = None
    match rule.frequency:
        case Frequency.WEEKLY:
            weekdays = tuple(sorted({*rule.weekdays, first.weekday()}))
        case Frequency.MONTHLY if rule.position is not None:
            position = rule.position
        case Frequency.MONTHLY | Frequency.YEARLY:
            day = rule.day or first.day
        case _:
            pass
    return replace(rule, weekdays=weekdays, day=day, position=position)


def position_of(day: date) -> int:
    """Which of its weekday in the month a day is: 1 to 4, the fifth is the LAST."""
    number = (day.day + 6) // 7
    return number if number < 5 else LAST


def is_last_of_month(day: date) -> bool:
    """Whether a day is the last of its weekday in the month."""
    return (day + timedelta(days=7)).month != day.month


def check_rule(rule: Rule, first: date) -> None:
    """Raises DomainError by field: interval, weekdays, position, count, until."""
    wrong: dict[str, str] = {}
    if rule.interval not in INTERVALS:
        wrong["interval"] = _("Enter a number from 1 to 99.")
    if rule.frequency == Frequency.WEEKLY and not rule.weekdays:
        wrong["weekdays"] = _("Choose at least one day.")
    if not _begins_on(rule, first):
        wrong["position"] = _("The start is not a day of this rule.")
    if (rule.count is None) == (rule.until is None):
        wrong["count"] = _("Choose a number of occurrences or a last day.")
    elif rule.count is not None and rule.count < 1:
        wrong["count"] = _("Enter a number from 1 to 366.")
    elif rule.until is not None and rule.until <= first:
        wrong["until"] = _("The end must come after the start.")
    if wrong:
        raise DomainError(fields=wrong)


def _begins_on(rule: Rule, first: date) -> bool:
    """Whether a monthly or yearly rule, as far as it names a day, has its first one there."""
    if rule.frequency == Frequency.MONTHLY and rule.position is not None:
        last = (LAST,) if is_last_of_month(first) else ()
        return rule.position in (position_of(first), *last)
    if rule.frequency not in (Frequency.MONTHLY, Frequency.YEARLY) or rule.day is None:
        return True
    return first.day == min(rule.day, monthrange(first.year, first.month)[1])


def occurrences(rule: Rule, start: datetime, zone: ZoneInfo) -> list[datetime]:
    """The start of each occurrence, in UTC; the first is `start`, at most 366.

    All are computed from `start` (an aware datetime), at its time of day in `zone`; a time that
    clocks skip moves forward with them. Raises DomainError by field, as `check_rule` does too.
    """
    local = start.astimezone(zone)
    check_rule(rule, local.date())
    days = days_of(rule, local.date())
    clock = local.time()
    _first, *later = days
    return [start.astimezone(UTC), *(at_clock(day, clock, zone) for day in later)]


def at_clock(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """This day and time of day in `zone`, in UTC; one that clocks skip is an hour later."""
    return datetime.combine(day, clock.replace(fold=0), zone).astimezone(UTC)


def days_of(rule: Rule, first: date) -> list[date]:
    """The days of a rule that was checked. Raises DomainError beyond the limit."""
    plan = rrule.rrule(
        _FREQUENCIES[rule.frequency],
        dtstart=datetime.combine(first, time()),
        interval=rule.interval,
        wkst=rrule.MO,
        count=rule.count,
        until=datetime.combine(rule.until, time()) if rule.until is not None else None,
        **_parts(anchored(rule, first), first),
    )
    found = [moment.date() for moment in islice(plan, LIMIT + 1)]
    is_short = len(found) < (rule.count or 1)  # the calendar ends in the year 9999
    if is_short or len(found) > LIMIT or found[-1].year > LAST_YEAR:
        field = "count" if rule.count is not None else "until"
        raise DomainError(_("At most 366 occurrences; choose an earlier end."), field=field)
    return found


def _parts(rule: Rule, first: date) -> dict[str, Any]:
    """The parts of an anchored rule by which dateutil chooses days."""
    if rule.frequency == Frequency.WEEKLY:
        return {"byweekday": rule.weekdays}
    if rule.position is not None:
        return {"byweekday": rrule.weekday(first.weekday(), rule.position)}
    if rule.day is None:
        return {}
    days = month_days(rule.day)
    parts: dict[str, Any] = {"bymonthday": days}
    if rule.frequency == Frequency.YEARLY:
        parts["bymonth"] = first.month
    if len(days) > 1:
        parts["bysetpos"] = -1
    return parts


def month_days(day: int) -> Sequence[int]:
    """The days of a month of which the last that exists is meant: 28, 29, 30 for the 30th."""
    return range(28, day + 1) if day > 28 else (day,)


def rrule_text(rule: Rule, start: datetime, zone: ZoneInfo, *, all_day: bool = False) -> str:
    """The RRULE of RFC 5545 for a DTSTART of `start` in `zone`, without its name.

    UNTIL is a day for an event of whole days, else in UTC, as the RFC wants it.
    """
    local = start.astimezone(zone)
    parts = {"FREQ": rule.frequency.upper(), "INTERVAL": str(rule.interval)}
    if rule.interval == 1:
        del parts["INTERVAL"]
    parts |= _text_parts(anchored(rule, local.date()), local.date())
    if rule.count is not None:
        parts["COUNT"] = str(rule.count)
    elif rule.until is not None and all_day:
        parts["UNTIL"] = f"{rule.until:%Y%m%d}"
    elif rule.until is not None:
        parts["UNTIL"] = f"{at_clock(rule.until, local.time(), zone):%Y%m%dT%H%M%SZ}"
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _text_parts(rule: Rule, first: date) -> dict[str, str]:
    if rule.frequency == Frequency.WEEKLY:
        return {"BYDAY": ",".join(WEEK[day] for day in rule.weekdays), "WKST": "MO"}
    if rule.position is not None:
        return {"BYDAY": f"{rule.position}{WEEK[first.weekday()]}"}
    if rule.day is None:
        return {}
    days = month_days(rule.day)
    parts = {"BYMONTH": str(first.month)} if rule.frequency == Frequency.YEARLY else {}
    parts["BYMONTHDAY"] = ",".join(map(str, days))
    return parts | ({"BYSETPOS": "-1"} if len(days) > 1 else {})
