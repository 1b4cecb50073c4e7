"""What becomes of a rule when its series is split, moved or renewed; no database, no request."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from crm.calendar.recurrence import (
    LAST,
    Frequency,
    Rule,
    anchored,
    is_last_of_month,
    position_of,
)

DAY = timedelta(days=1)


def rest_of(rule: Rule, places: Sequence[datetime], begin: int, zone: ZoneInfo) -> Rule:
    """The rule of a series from its occurrence number `begin` on, counted from 0."""
    kept = anchored(rule, places[0].astimezone(zone).date())
    if rule.count is None:
        return kept
    return replace(kept, count=rule.count - begin)


def clipped(rule: Rule, places: Sequence[datetime], first: int, last: int, zone: ZoneInfo) -> Rule:
    """The rule of the occurrences from number `first` to `last`, both included."""
    kept = anchored(rule, places[0].astimezone(zone).date())
    if first == 0 and last == len(places) - 1:
        return kept
    if rule.count is not None or first == last:
        return replace(kept, count=last - first + 1, until=None)
    return replace(kept, until=places[last].astimezone(zone).date())


def moved_rule(rule: Rule, before: date, after: date, count: int) -> Rule:
    """The rule of a series whose first day moves from `before` to `after`; it has `count` dates.

    Weekdays turn with it, a day or weekday of the month becomes that of the new first day.
    """
    kept = anchored(rule, before)
    if before == after:
        return kept
    kept = replace(kept, count=count, until=None)
    turn = (after - before).days
    match rule.frequency:
        case Frequency.WEEKLY:
            return replace(kept, weekdays=tuple(sorted((d + turn) % 7 for d in kept.weekdays)))
        case Frequency.MONTHLY if kept.position is not None:
            last = kept.position == LAST and is_last_of_month(after)
            return replace(kept, position=LAST if last else position_of(after))
        case _:
            return replace(kept, day=None)


def belongs(rule: Rule, anchor: date, day: date) -> bool:
    """Whether `day` is one of the rule that has `anchor` among its days, also before that."""
    rule = anchored(rule, anchor)
    months = (day.year - anchor.year) * 12 + day.month - anchor.month
    match rule.frequency:
        case Frequency.DAILY:
            return (day - anchor).days % rule.interval == 0
        case Frequency.WEEKLY:
            weeks = (_monday(day) - _monday(anchor)).days // 7
            return weeks % rule.interval == 0 and day.weekday() in rule.weekdays
        case Frequency.MONTHLY if rule.position is not None:
            if months % rule.interval or day.weekday() != anchor.weekday():
                return False
            return rule.position in (position_of(day), LAST if is_last_of_month(day) else 0)
        case Frequency.MONTHLY:
            return months % rule.interval == 0 and _has_day(day, rule.day or anchor.day)
        case _:
            return months % (12 * rule.interval) == 0 and _has_day(day, rule.day or anchor.day)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _has_day(day: date, wanted: int) -> bool:
    return day.day == min(wanted, monthrange(day.year, day.month)[1])


def extended_back(rule: Rule, anchor: date, floor: date) -> tuple[Rule, date]:
    """A rule that begins on `anchor`, begun at its first day from `floor` on instead."""
    if floor >= anchor:
        return anchored(rule, anchor), anchor
    before = [day for day in _days(floor, anchor) if belongs(rule, anchor, day)]
    kept = anchored(rule, anchor)
    if rule.count is not None:
        kept = replace(kept, count=rule.count + len(before))
    return kept, before[0] if before else anchor


def _days(first: date, end: date) -> Sequence[date]:
    return [first + number * DAY for number in range((end - first).days)]


def matched(old: Sequence[date], new: Sequence[date]) -> tuple[dict[int, int], list[int]]:
    """Which occurrences of a new rule take the places of old ones: number → number, and the rest.

    An occurrence stays on its day where the new rule has it; the others are taken in order.
    """
    by_day = {day: number for number, day in enumerate(new)}
    found = {number: by_day[day] for number, day in enumerate(old) if day in by_day}
    taken = set(found.values())
    free = [number for number in range(len(new)) if number not in taken]
    for number in range(len(old)):
        if number not in found and free:
            found[number] = free.pop(0)
    return found, free
