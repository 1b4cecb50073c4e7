"""The dates of a repeated event of another calendar, and our rule where we have the same one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Any
from zoneinfo import ZoneInfo

from dateutil import rrule

from crm.calendar.recurrence import LIMIT, WEEK, Frequency, Rule, anchored, at_clock, occurrences
from crm.core.errors import DomainError

# What a rule may say besides COUNT, UNTIL, INTERVAL and WKST. Of anything finer, a rule that never
# matches would be followed for minutes.
PARTS = {
    "DAILY": {"BYDAY"},
    "WEEKLY": {"BYDAY"},
    "MONTHLY": {"BYDAY", "BYMONTHDAY", "BYSETPOS"},
    "YEARLY": {"BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS"},
}
ALWAYS = {"FREQ", "COUNT", "UNTIL", "INTERVAL", "WKST"}
ONE_WEEKDAY = re.compile(r"([1-4]|-1)(MO|TU|WE|TH|FR|SA|SU)")
BACK, AHEAD = timedelta(days=90), timedelta(days=365)  # of a rule without an end


class UnknownRuleError(ValueError):
    """A rule that an import does not follow."""


@dataclass(frozen=True)
class Repeated:
    """The starts in UTC, at most LIMIT, and whether there are more; our rule for the same ones."""

    starts: list[datetime]
    rule: Rule | None
    is_cut: bool


def repeated(text: str, start: datetime, zone: ZoneInfo, now: datetime) -> Repeated:
    """What an RRULE means for a first start in `zone`. Raises UnknownRuleError."""
    parts = _parts(text)
    local = start.astimezone(zone)
    has_end = "COUNT" in parts or "UNTIL" in parts
    found = list(islice(_within(_walls(parts, local), has_end, zone, now), LIMIT + 1))
    starts = found[:LIMIT]
    rule = _same_rule(parts, local, starts, zone) if has_end and len(found) <= LIMIT else None
    return Repeated(starts, rule, is_cut=not has_end or len(found) > LIMIT)


def _parts(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.upper().split(";") if part)
    parts = {name.strip(): value.strip() for name, _, value in pairs}
    known = PARTS.get(parts.get("FREQ", ""))
    interval = parts.get("INTERVAL", "1")
    if known is None or not parts.keys() <= known | ALWAYS:
        raise UnknownRuleError(text)
    if not (interval.isdecimal() and len(interval) < 5 and int(interval)):  # 0 would never end
        raise UnknownRuleError(text)
    return parts


def _walls(parts: dict[str, str], local: datetime) -> Iterator[datetime]:
    """The wall clock at each occurrence; the first is the start, whatever the rule says."""
    given = dict(parts)
    until = given.pop("UNTIL", None)
    text = ";".join(f"{name}={value}" for name, value in given.items())
    begin = local.replace(tzinfo=None, fold=0)
    try:
        plan: Any = rrule.rrulestr(text, dtstart=begin)
        last = _until(until, local) if until is not None else datetime.max  # noqa: DTZ901
    except (ValueError, TypeError, OverflowError) as error:
        raise UnknownRuleError(text) from error
    return takewhile(lambda wall: wall <= last, iter(plan))


def _until(text: str, local: datetime) -> datetime:
    """The last wall clock: UNTIL is a day, an instant, or a wall clock."""
    if "T" not in text:
        return datetime.strptime(text, "%Y%m%d") + timedelta(days=1, microseconds=-1)  # noqa: DTZ007
    moment = datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
    if not text.endswith("Z"):
        return moment
    in_zone = moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(local.tzinfo)
    return in_zone.replace(tzinfo=None)


def _within(
    walls: Iterator[datetime], has_end: bool, zone: ZoneInfo, now: datetime
) -> Iterator[datetime]:
    """The starts in UTC; of a rule without an end those around now, or a year from its start."""
    first: datetime | None = None
    for wall in walls:
        if wall.year > 2200:
            return
        start = at_clock(wall.date(), wall.time(), zone)
        first = first or start
        if has_end:
            yield start
        elif start > max(first, now) + AHEAD:
            return
        elif start >= now - BACK:
            yield start


def _same_rule(
    parts: dict[str, str], local: datetime, starts: list[datetime], zone: ZoneInfo
) -> Rule | None:
    """Our rule that has exactly these starts; None where there is none."""
    if len(starts) < 2:
        return None
    frequency = Frequency(parts["FREQ"].lower())
    days = parts.get("BYDAY", "")
    weekdays = tuple(WEEK.index(day) for day in days.split(",") if day in WEEK)
    one = ONE_WEEKDAY.fullmatch(days)
    position = int(one[1]) if one else None
    rule = Rule(
        frequency=frequency,
        interval=int(parts.get("INTERVAL", "1")),
        weekdays=weekdays,
        position=position if frequency == Frequency.MONTHLY else None,
        count=len(starts) if "COUNT" in parts else None,
        until=None if "COUNT" in parts else starts[-1].astimezone(zone).date(),
    )
    try:
        rule = anchored(rule, local.date())
        is_same = occurrences(rule, starts[0], zone) == starts
    except DomainError:
        return None
    return rule if is_same else None
