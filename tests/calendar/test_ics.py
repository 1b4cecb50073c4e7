"""One event as calendars read it: times of its zone, whole days, hostile text, folded lines."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest

from crm.calendar.ics import write_calendar, write_event
from crm.calendar.models import Availability, Event, EventStatus, EventType, Visibility

PARIS = "Europe/Paris"


def an_event(**values: Any) -> Event:
    given: dict[str, Any] = {
        "uid": "a" * 32,
        "sequence": 2,
        "type": EventType.MEETING,
        "subject": "Signing",
        "starts_at": datetime(2027, 3, 22, 9, tzinfo=UTC),
        "ends_at": datetime(2027, 3, 22, 10, tzinfo=UTC),
        "time_zone": PARIS,
        "all_day": False,
        "status": EventStatus.PLANNED,
        "visibility": Visibility.PUBLIC,
        "availability": Availability.BUSY,
        "changed_on": datetime(2027, 1, 4, 8, 30, 12, 999, tzinfo=UTC),
        **values,
    }
    return Event(**given)


def read_back(text: bytes) -> icalendar.Event:
    calendar = icalendar.Calendar.from_ical(text)
    assert calendar.errors == []
    (event,) = calendar.events
    assert event.errors == []
    return event


@pytest.mark.parametrize("zone", [PARIS, "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2027, 10, 31), date(2027, 7, 14)])
def test_times_survive_in_the_zone_of_the_event(zone: str, day: date) -> None:
    starts_at = datetime(day.year, day.month, day.day, 10, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    event = an_event(starts_at=starts_at, ends_at=starts_at + timedelta(hours=26), time_zone=zone)
    text = write_calendar([write_event(event)])
    found = read_back(text)
    assert (found.start, found.end) == (event.starts_at, event.ends_at)
    assert f"DTSTART;TZID={zone}:{day:%Y%m%d}T100000".encode() in text
    assert f"TZID:{zone}".encode() in text, "the zone itself stands in the calendar"


def test_whole_days_are_days_and_the_last_is_excluded() -> None:
    midnight = datetime(2027, 3, 27, 23, tzinfo=UTC)  # the 28th in Paris, a day of 23 hours
    event = an_event(starts_at=midnight, ends_at=midnight + timedelta(hours=47), all_day=True)
    found = read_back(write_calendar([write_event(event)]))
    assert (found.start, found.end) == (date(2027, 3, 28), date(2027, 3, 30))


def test_status_availability_and_visibility_have_their_words() -> None:
    event = an_event(
        status=EventStatus.CANCELLED,
        availability=Availability.FREE,
        visibility=Visibility.PRIVATE,
    )
    found = read_back(write_calendar([write_event(event)]))
    said = [str(found[name]) for name in ("STATUS", "TRANSP", "CLASS")]
    assert said == ["CANCELLED", "TRANSPARENT", "PRIVATE"]
    assert str(read_back(write_calendar([write_event(an_event())]))["STATUS"]) == "CONFIRMED"


def test_text_cannot_add_lines() -> None:
    hostile = (
        "Lunch\r\nATTENDEE:mailto:mallory@example.org\nEND:VEVENT\rBEGIN:VALARM;,\\ \x00\x07 é"
    )
    event = an_event(subject=hostile, location=hostile)
    text = write_calendar([write_event(event, description=hostile * 20)], name=hostile)
    found = read_back(text)
    assert "ATTENDEE" not in found
    assert found.subcomponents == []
    clean = hostile.replace("\r\n", "\n").replace("\r", "\n").replace("\x00\x07", "")
    assert str(found["SUMMARY"]) == str(found["LOCATION"]) == clean
    assert str(found["DESCRIPTION"]) == clean * 20


def test_lines_have_at_most_75_bytes_and_no_half_character() -> None:
    event = an_event(subject="é€😀x" * 40)
    text = write_calendar([write_event(event)])
    assert all(len(line) <= 75 for line in text.split(b"\r\n"))
    assert all(line.decode() is not None for line in text.split(b"\r\n"))
    assert str(read_back(text)["SUMMARY"]) == event.subject


def test_the_same_event_gives_the_same_text() -> None:
    first = write_calendar([write_event(an_event())], method="REQUEST")
    assert first == write_calendar([write_event(an_event())], method="REQUEST")
    assert b"\r\nMETHOD:REQUEST\r\n" in first
    assert b"DTSTAMP:20270104T083012Z" in first
