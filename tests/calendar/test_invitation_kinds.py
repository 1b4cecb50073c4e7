"""Every kind of invitation, as a strict parser reads it: one UID and one METHOD, and its times."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events

from crm.calendar import services
from crm.calendar.models import Event
from crm.calendar.recurrence import Frequency, Rule
from crm.calendar.series import changing, creating, deleting
from crm.calendar.series.reach import Reach
from crm.mail.models import Message
from tests.calendar.test_invitations import HOUR, SOPHIE, occurrences_of, tell
from tests.factories import again, make, save
from tests.fixtures import Acting

__all__ = ["tell"]
Tell = Callable[[], list[Message]]
DAY = timedelta(days=1)
ZONES = ("Europe/Paris", "America/New_York", "Asia/Kolkata")


def read(message: Message) -> Any:
    """The calendar of a message, in which the strict parser finds nothing wrong."""
    calendar = icalendar.Calendar.from_ical(message.calendar, multiple=False)
    assert not [error for part in calendar.walk() for error in part.errors]
    assert calendar["method"] == message.calendar_method
    events = calendar.walk("VEVENT")
    assert len({(part["uid"], part["sequence"], part["organizer"]) for part in events}) == 1
    assert len({str(part.get("recurrence-id")) for part in events}) == len(events)
    named = {part["dtstart"].params["TZID"] for part in events if "TZID" in part["dtstart"].params}
    assert named == {zone["tzid"] for zone in calendar.walk("VTIMEZONE")}
    return calendar


def starts(message: Message, zone: str) -> list[str]:
    """When it takes place, by the clocks of a zone."""
    found = recurring_ical_events.of(read(message)).between((2038, 1, 1), (2039, 12, 1))
    local = [
        one.start.astimezone(ZoneInfo(zone)) if isinstance(one.start, datetime) else one.start
        for one in found
    ]
    return sorted(f"{one:%d/%m %H:%M}" for one in local)


@pytest.mark.accept("A-75")
@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("month", [3, 10])
def test_every_kind_keeps_its_clock(acting: Acting, tell: Tell, zone: str, month: int) -> None:
    """Where clocks change, they do within the five weeks from the 12th."""
    start = datetime(2038, month, 12, 14, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    first = {"starts_at": start, "time_zone": zone, "participants": [{"email": SOPHIE}]}
    weekly = Rule(frequency=Frequency.WEEKLY, weekdays=(start.weekday(),), count=5)
    values = {**first, "subject": "Point; a, b"}
    with acting("claire"):
        alone = make(Event, **values, ends_at=start + HOUR)
        make(Event, **values, ends_at=start + DAY, all_day=True)
        full = services.defaults({**values, "ends_at": start + HOUR})
        series = creating.create(full, weekly)[0]
    single, days, whole = tell()
    assert starts(single, zone) == [f"12/{month:02} 14:00"]
    assert starts(days, zone) == [f"12/{month:02} 00:00"]
    assert [text[-5:] for text in starts(whole, zone)] == ["14:00"] * 5
    with acting("claire"):
        save(again(alone), starts_at=start + HOUR, ends_at=start + 2 * HOUR)
        second, third = occurrences_of(series)[1:3]
        changing.move(second, second.starts_at + HOUR, second.ends_at + HOUR)
        services.cancel(third)
    changed, differs = tell()[3:]
    assert starts(changed, zone) == [f"12/{month:02} 15:00"]
    assert sorted(text[-5:] for text in starts(differs, zone)) == ["14:00"] * 3 + ["15:00"]
    with acting("claire"):
        services.cancel(again(alone))
    with acting("alice"):
        deleting.delete(again(series), Reach.ALL)
    for message in tell()[5:]:
        assert message.calendar_method == "CANCEL"
        assert {part["status"] for part in read(message).walk("VEVENT")} == {"CANCELLED"}
    assert len(tell()) == 7


def test_time_zones_are_told_as_long_as_a_counted_series_lasts(acting: Acting, tell: Tell) -> None:
    """Calendars that read VTIMEZONE alone would be an hour off after it ends."""
    start = datetime(2038, 1, 4, 9, tzinfo=UTC)
    rule = Rule(frequency=Frequency.WEEKLY, weekdays=(0,), count=300)
    first = {"starts_at": start, "ends_at": start + HOUR, "participants": [{"email": SOPHIE}]}
    with acting("claire"):
        values = services.defaults({**first, "subject": "Point", "time_zone": "Europe/Paris"})
        last = creating.create(values, rule)[-1]
    (zone,) = read(tell()[0]).walk("VTIMEZONE")
    read_zone = zone.to_tz(lookup_tzid=False)
    local = last.starts_at.astimezone(ZoneInfo("Europe/Paris"))
    for day in (local, local - timedelta(weeks=26)):
        naive = day.replace(tzinfo=None)
        assert read_zone.utcoffset(naive) == naive.replace(tzinfo=local.tzinfo).utcoffset()
