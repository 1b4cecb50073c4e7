"""Made-up rules, starts and zones, and the dates of a rule counted day by day."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from crm.calendar.recurrence import (
    LAST,
    LIMIT,
    Frequency,
    Rule,
    is_last_of_month,
    position_of,
    rrule_text,
)

ZONES = (
    "Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia",
    "America/Sao_Paulo", "Africa/Casablanca", "UTC",
)  # fmt: skip


@st.composite
def starts(draw: st.DrawFn) -> tuple[datetime, ZoneInfo]:
    """An instant whose wall clock is shown once that day, with its zone."""
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    near = st.sampled_from((date(2027, 1, 29), date(2027, 1, 31), date(2028, 2, 29)))
    day = draw(st.one_of(near, st.dates(date(2026, 1, 1), date(2032, 12, 31))))
    minute = draw(st.integers(0, 24 * 60 - 1))
    wall = datetime.combine(day, time(minute // 60, minute % 60), zone)
    start = wall.astimezone(UTC)
    return start - timedelta(hours=start.astimezone(zone).fold), zone


@st.composite
def rules(draw: st.DrawFn, first: date, most: int = 40) -> Rule:
    """A valid rule for a series that begins on `first`, of at most `most` occurrences or so."""
    frequency = draw(st.sampled_from(Frequency))
    weekdays: tuple[int, ...] = ()
    position = None
    if frequency == Frequency.WEEKLY:
        weekdays = tuple(draw(st.sets(st.integers(0, 6), min_size=1)))
    if frequency == Frequency.MONTHLY and draw(st.booleans()):
        fitting = {position_of(first), *([LAST] if is_last_of_month(first) else [])}
        position = draw(st.sampled_from(sorted(fitting)))
    interval = draw(st.one_of(st.integers(1, 4), st.integers(1, 99)))
    days = {"daily": 1, "weekly": 2, "monthly": 30, "yearly": 365}[frequency] * interval
    most = min(most, max(1, 50_000 // days))  # not beyond the last year
    count, until = draw(st.integers(1, most)), None
    if draw(st.booleans()):
        count, until = None, first + timedelta(days=draw(st.integers(1, days * most)))
    return Rule(
        frequency=frequency, interval=interval, weekdays=weekdays, position=position,
        count=count, until=until,
    )  # fmt: skip


def counted(rule: Rule, first: date) -> list[date]:
    """The days of a rule: every day from the first is asked whether it belongs."""
    found, day = [], first
    while len(found) < (rule.count or LIMIT + 1) and (rule.until is None or day <= rule.until):
        if _belongs(rule, first, day):
            found.append(day)
        day += timedelta(days=1)
    return found


def _belongs(rule: Rule, first: date, day: date) -> bool:
    months = (day.year - first.year) * 12 + day.month - first.month
    match rule.frequency:
        case Frequency.DAILY:
            return (day - first).days % rule.interval == 0
        case Frequency.WEEKLY:
            monday = first - timedelta(days=first.weekday())
            weeks = (day - monday).days // 7
            return weeks % rule.interval == 0 and day.weekday() in (
                *rule.weekdays,
                first.weekday(),
            )
        case Frequency.MONTHLY if rule.position is not None:
            if months % rule.interval or day.weekday() != first.weekday():
                return False
            return rule.position in (position_of(day), LAST if is_last_of_month(day) else 0)
        case Frequency.MONTHLY:
            return months % rule.interval == 0 and _is_day(day, rule.day or first.day)
        case _:
            return months % (12 * rule.interval) == 0 and _is_day(day, rule.day or first.day)


def _is_day(day: date, wanted: int) -> bool:
    return day.day == min(wanted, monthrange(day.year, day.month)[1])


def calendar_of(rule: Rule, start: datetime, zone: ZoneInfo) -> str:
    """A calendar with one series, as another program writes it: a local start and its rule."""
    local = start.astimezone(zone)
    return "\r\n".join(
        (
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN", "BEGIN:VEVENT", "UID:1",
            "DTSTAMP:20270101T000000Z",
            f"DTSTART;TZID={zone.key}:{local:%Y%m%dT%H%M%S}" if zone.key != "UTC"
            else f"DTSTART:{local:%Y%m%dT%H%M%S}Z",
            "DURATION:PT1H", f"RRULE:{rrule_text(rule, start, zone)}",
            "END:VEVENT", "END:VCALENDAR", "",
        )
    )  # fmt: skip
