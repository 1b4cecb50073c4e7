"""The dates of a series, and what a calendar library reads from its rule."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.calendar.recurrence import (
    LAST,
    Frequency,
    Rule,
    anchored,
    at_clock,
    occurrences,
    rrule_text,
)
from crm.core.errors import DomainError
from tests.calendar.rules import calendar_of, counted, rules, starts

PARIS = ZoneInfo("Europe/Paris")
DAILY, WEEKLY, MONTHLY, YEARLY = Frequency


def local(day: str, clock: str = "10:00", zone: ZoneInfo = PARIS) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone)


def dates(rule: Rule, start: datetime, zone: ZoneInfo = PARIS) -> list[str]:
    return [f"{one.astimezone(zone):%Y-%m-%d}" for one in occurrences(rule, start, zone)]


def read_back(rule: Rule, start: datetime, zone: ZoneInfo, count: int) -> list[datetime]:
    """The starts that a calendar library reads from the rule."""
    read = icalendar.Calendar.from_ical(calendar_of(rule, start, zone))
    found = []
    for one in recurring_ical_events.of(read).all():
        found.append(one["DTSTART"].dt.astimezone(UTC))
        if len(found) > count:
            break
    return found


LAST_OF_MONTH = (
    Rule(frequency=MONTHLY, count=5), "2027-01-31",
    "2027-01-31 2027-02-28 2027-03-31 2027-04-30 2027-05-31",
)  # fmt: skip
THIRTIETH = (Rule(frequency=MONTHLY, count=3), "2028-01-30", "2028-01-30 2028-02-29 2028-03-30")
LAST_FRIDAY = (
    Rule(frequency=MONTHLY, position=LAST, count=5), "2027-01-29",
    "2027-01-29 2027-02-26 2027-03-26 2027-04-30 2027-05-28",
)  # fmt: skip
SECOND_TUESDAY = (
    Rule(frequency=MONTHLY, position=2, count=3), "2027-01-12", "2027-01-12 2027-02-09 2027-03-09",
)  # fmt: skip
LEAP_DAY = (
    Rule(frequency=YEARLY, count=5), "2028-02-29",
    "2028-02-29 2029-02-28 2030-02-28 2031-02-28 2032-02-29",
)  # fmt: skip
JUNE = (
    Rule(frequency=YEARLY, until=date(2030, 6, 20)), "2027-06-15",
    "2027-06-15 2028-06-15 2029-06-15 2030-06-15",
)  # fmt: skip
THREE_JUNES = (
    Rule(frequency=YEARLY, until=date(2030, 6, 14)), "2027-06-15",
    "2027-06-15 2028-06-15 2029-06-15",
)  # fmt: skip
EVERY_SECOND_WEEK = (
    Rule(frequency=WEEKLY, interval=2, weekdays=(0, 2, 4), count=6), "2027-03-03",
    "2027-03-03 2027-03-05 2027-03-15 2027-03-17 2027-03-19 2027-03-29",
)  # fmt: skip
FIVE_DAYS = (
    Rule(frequency=DAILY, until=date(2027, 3, 5)), "2027-03-01",
    "2027-03-01 2027-03-02 2027-03-03 2027-03-04 2027-03-05",
)  # fmt: skip

OF_THE_SPEC = [
    pytest.param(*LAST_OF_MONTH, marks=pytest.mark.accept("A-63")),
    pytest.param(*THIRTIETH, marks=pytest.mark.accept("A-63")),
    pytest.param(*LAST_FRIDAY, marks=pytest.mark.accept("A-64")),
    pytest.param(*SECOND_TUESDAY, marks=pytest.mark.accept("A-64")),
    pytest.param(*LEAP_DAY, marks=pytest.mark.accept("A-65")),
    pytest.param(*JUNE, marks=pytest.mark.accept("A-65")),
    pytest.param(*THREE_JUNES, marks=pytest.mark.accept("A-65")),
    pytest.param(*EVERY_SECOND_WEEK, marks=pytest.mark.accept("A-66")),
    pytest.param(*FIVE_DAYS, marks=pytest.mark.accept("A-66")),
]


@pytest.mark.accept("A-104")
@pytest.mark.parametrize(("rule", "first", "expected"), OF_THE_SPEC)
def test_the_dates_of_the_specification_are_read_the_same_by_a_calendar_library(
    rule: Rule, first: str, expected: str
) -> None:
    start = local(first)
    assert dates(rule, start) == expected.split()
    assert read_back(rule, start, PARIS, 10) == occurrences(rule, start, PARIS)


@pytest.mark.parametrize(
    ("rule", "first", "expected"),
    [
        (LAST_OF_MONTH[0], "2027-01-31", "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1;COUNT=5"),
        (THIRTIETH[0], "2028-01-30", "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1;COUNT=3"),
        (LAST_FRIDAY[0], "2027-01-29", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=5"),
        (
            LEAP_DAY[0],
            "2028-02-29",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1;COUNT=5",
        ),
        (
            EVERY_SECOND_WEEK[0],
            "2027-03-03",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR;WKST=MO;COUNT=6",
        ),
        (FIVE_DAYS[0], "2027-03-01", "FREQ=DAILY;UNTIL=20270305T090000Z"),
    ],
)
def test_the_rule_is_written_as_the_specification_says(
    rule: Rule, first: str, expected: str
) -> None:
    assert rrule_text(rule, local(first), PARIS) == expected


def test_the_rule_of_whole_days_ends_with_a_day() -> None:
    rule = Rule(frequency=DAILY, until=date(2027, 3, 5))
    text = rrule_text(rule, local("2027-03-01", "00:00"), PARIS, all_day=True)
    assert text == "FREQ=DAILY;UNTIL=20270305"


@pytest.mark.accept("A-67")
def test_the_wall_clock_is_kept_when_the_clocks_change() -> None:
    rule = Rule(frequency=WEEKLY, weekdays=(0,), count=2)
    found = occurrences(rule, local("2027-03-22"), PARIS)
    assert [f"{one:%d/%m %H:%M}" for one in found] == ["22/03 09:00", "29/03 08:00"]
    assert {f"{one.astimezone(PARIS):%H:%M}" for one in found} == {"10:00"}


def test_a_time_that_clocks_skip_is_an_hour_later() -> None:
    rule = Rule(frequency=DAILY, count=3)
    found = occurrences(rule, local("2027-03-27", "02:30"), PARIS)
    shown = [f"{one.astimezone(PARIS):%d/%m %H:%M}" for one in found]
    assert shown == ["27/03 02:30", "28/03 03:30", "29/03 02:30"]


def test_a_series_split_in_a_short_month_keeps_its_day() -> None:
    whole = Rule(frequency=MONTHLY, count=5)
    rest = Rule(frequency=MONTHLY, day=31, count=4)
    assert dates(rest, local("2027-02-28")) == dates(whole, local("2027-01-31"))[1:]


@pytest.mark.accept("A-70")
@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (Rule(frequency=DAILY, until=date(2027, 1, 30)), "until"),
        (Rule(frequency=DAILY, until=date(2027, 1, 31)), "until"),
        (Rule(frequency=DAILY, interval=0, count=2), "interval"),
        (Rule(frequency=DAILY, interval=100, count=2), "interval"),
        (Rule(frequency=WEEKLY, count=2), "weekdays"),
        (Rule(frequency=DAILY, count=367), "count"),
        (Rule(frequency=DAILY, count=10**12), "count"),
        (Rule(frequency=YEARLY, interval=99, count=366), "count"),  # beyond the year 9999
        (Rule(frequency=DAILY, until=date(2028, 2, 1)), "until"),
        (Rule(frequency=DAILY, count=0), "count"),
        (Rule(frequency=DAILY), "count"),
        (Rule(frequency=DAILY, count=2, until=date(2027, 3, 1)), "count"),
        (Rule(frequency=MONTHLY, position=2, count=2), "position"),
        (Rule(frequency=MONTHLY, day=30, count=2), "position"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_beside_its_field(
    app: Flask, rule: Rule, field: str
) -> None:
    with app.test_request_context(), pytest.raises(DomainError) as refused:
        occurrences(rule, local("2027-01-31"), PARIS)
    assert list(refused.value.fields) == [field]


def test_366_occurrences_are_not_too_many() -> None:
    found = occurrences(Rule(frequency=DAILY, count=366), local("2027-01-31"), PARIS)
    assert len(found) == 366


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_dates_equal_those_counted_day_by_day_and_those_of_a_calendar_library(
    data: st.DataObject,
) -> None:
    start, zone = data.draw(starts())
    first = start.astimezone(zone).date()
    check_dates(data.draw(rules(first)), start, zone)


def check_dates(rule: Rule, start: datetime, zone: ZoneInfo) -> None:
    """Our dates are those counted day by day, and those that a calendar library reads."""
    wall = start.astimezone(zone)
    found = occurrences(rule, start, zone)
    days = counted(rule, wall.date())
    assert found == [at_clock(day, wall.time(), zone) for day in days]
    assert all(a < b for a, b in pairwise(found))
    assert read_back(rule, start, zone, len(found)) == found
    # Split anywhere, the rest of the rule gives the rest of the dates.
    middle = len(days) // 2
    rest = anchored(rule, wall.date())
    if rule.count is not None:
        rest = Rule(**{**vars(rest), "count": rule.count - middle})
    elif middle and days[middle] >= rule.until:  # type: ignore[operator]  # it ends with one of both
        return
    again = occurrences(rest, at_clock(days[middle], wall.time(), zone), zone)
    assert [one.astimezone(zone).date() for one in again] == [
        one.astimezone(zone).date() for one in found[middle:]
    ]


def test_the_first_of_a_series_is_its_start_to_the_second() -> None:
    start = local("2027-10-31", "02:30").replace(fold=1)
    found = occurrences(Rule(frequency=DAILY, count=2), start, PARIS)
    assert found[0] == start.astimezone(UTC)
    assert found[1] - found[0] == timedelta(days=1)
