"""Series in a feed, read by a calendar library: the same events as the rows, whatever changed."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.calendar.ics import write_calendar, write_event
from crm.calendar.ics_series import write_series
from crm.calendar.models import Availability, Event, EventSeries, EventStatus
from crm.calendar.recurrence import Frequency, Rule
from crm.calendar.series.creating import end_of
from tests.calendar.rules import rules
from tests.calendar.test_ics import an_event

ZONES = ("Europe/Paris", "America/New_York", "Asia/Kolkata")
# Clocks change on 28 March and 31 October 2027 in Paris, on 14 March and 7 November in New York.
NEAR = (date(2027, 3, 13), date(2027, 3, 27), date(2027, 10, 30), date(2027, 11, 6))
HOUR = timedelta(hours=1)


class Told(NamedTuple):
    """What a reader is told of one event."""

    start: Any
    end: Any
    subject: str
    status: str


@st.composite
def begins(draw: st.DrawFn) -> tuple[datetime, ZoneInfo]:
    """A first start; most of them near a change of clocks, and often in the hour itself."""
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    day = draw(st.one_of(st.sampled_from(NEAR), st.dates(date(2027, 1, 1), date(2028, 3, 1))))
    hour = draw(st.one_of(st.integers(0, 4), st.integers(0, 23)))
    wall = datetime.combine(day, time(hour, draw(st.sampled_from((0, 30)))), zone)
    return wall.astimezone(UTC), zone


def a_series(rule: Rule, start: datetime, zone: ZoneInfo) -> EventSeries:
    series = EventSeries(uid="5" * 32, starts_at=start, time_zone=zone.key)
    series.rule = rule
    return series


def an_occurrence(series: EventSeries, place: datetime, length: timedelta, **values: Any) -> Event:
    is_day = bool(values.get("all_day"))
    event = an_event(
        uid=f"{int(place.timestamp()):032x}",
        starts_at=place,
        ends_at=end_of(place, length, series.zone, all_day=is_day),
        time_zone=series.time_zone,
        changed_apart="",
        **values,
    )
    event.series, event.original_start = series, place
    return event


def change(data: st.DataObject, event: Event) -> None:
    """One of the changes that people make to a single event of a series."""
    match data.draw(st.sampled_from(("time", "length", "subject", "done", "cancelled", "free"))):
        case "time":
            event.starts_at += data.draw(st.integers(-30, 30)) * HOUR
            event.ends_at = event.starts_at + HOUR
            event.all_day, event.apart = False, {"time"}
        case "length" if not event.all_day:
            event.ends_at += data.draw(st.integers(1, 30)) * HOUR
            event.apart = {"time"}
        case "subject":
            event.subject, event.apart = "Elsewhere; or not", {"subject"}
        case "done":
            event.status = EventStatus.DONE
        case "cancelled":
            event.status = EventStatus.CANCELLED
        case "free":
            event.availability, event.apart = Availability.FREE, {"availability"}
        case _:
            pass


def told_by_rows(events: list[Event]) -> list[Told]:
    told = []
    for one in events:
        status = "CANCELLED" if one.status == EventStatus.CANCELLED else "CONFIRMED"
        starts, ends = one.starts_at, one.ends_at
        if one.all_day:
            days = [moment.astimezone(one.zone).date() for moment in (starts, ends)]
            told.append(Told(days[0], days[1], one.subject, status))
        else:
            told.append(Told(starts, ends, one.subject, status))
    return sorted(told, key=str)


def told_by_reader(text: bytes) -> list[Told]:
    calendar = icalendar.Calendar.from_ical(text)
    assert [one for one in calendar.walk() if one.errors] == []
    told = []
    for one in recurring_ical_events.of(calendar).all():
        moments = [
            moment.astimezone(UTC) if isinstance(moment, datetime) else moment
            for moment in (one.start, one.end)
        ]
        told.append(Told(*moments, str(one["SUMMARY"]), str(one["STATUS"])))
    return sorted(told, key=str)


def check_series(data: st.DataObject) -> None:
    """Random rules, starts, zones and changes: a reader has exactly the rows."""
    start, zone = data.draw(begins())
    is_day = data.draw(st.booleans())
    if is_day:
        start = datetime.combine(start.astimezone(zone).date(), time(), zone).astimezone(UTC)
    rule = data.draw(rules(start.astimezone(zone).date(), most=20))
    series = a_series(rule, start, zone)
    length = timedelta(days=data.draw(st.integers(1, 3))) if is_day else HOUR
    events = [
        an_occurrence(series, place, length, all_day=is_day)
        for place in series.places()
        if data.draw(st.integers(0, 5)) > 0  # the others are deleted, or not the reader's
    ]
    for event in events:
        if data.draw(st.integers(0, 3)) == 0:
            change(data, event)
    parts = list(write_series(series, events, write_event))
    assert told_by_reader(write_calendar(parts)) == told_by_rows(events)


@pytest.mark.slow("it reads hundreds of calendars")
@settings(max_examples=200, deadline=None, database=None, derandomize=True)
@given(data=st.data())
def test_a_reader_of_the_feed_has_the_events_of_the_rows(data: st.DataObject) -> None:
    check_series(data)


@pytest.mark.accept("A-104")
@pytest.mark.accept("A-67")
def test_a_series_is_one_component_its_days_off_and_what_differs() -> None:
    paris = ZoneInfo("Europe/Paris")
    start = datetime(2027, 3, 22, 9, tzinfo=UTC)
    series = a_series(Rule(frequency=Frequency.WEEKLY, weekdays=(0,), count=4), start, paris)
    events = [an_occurrence(series, place, HOUR) for place in series.places()]
    del events[2]
    events[2].subject = "Moved"
    whole, moved = write_series(series, events, write_event)
    text = write_calendar([whole, moved])
    assert b"RRULE:FREQ=WEEKLY;COUNT=4;BYDAY=MO;WKST=MO\r\n" in text
    assert text.count(b"EXDATE;TZID=Europe/Paris:20270405T100000\r\n") == 1
    assert text.count(b"RECURRENCE-ID;TZID=Europe/Paris:20270412T100000\r\n") == 1
    assert text.count(b"UID:" + b"5" * 32) == 2
    assert [one.start.hour for one in told_by_rows(events)] == [9, 8, 8], "10:00 in Paris"
    assert told_by_reader(text) == told_by_rows(events)
