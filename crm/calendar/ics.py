"""Events as calendars read and write them: pure, with the library `icalendar`. Source: RFC 5545.

Times are those of the event's own zone (TZID), so that a repeated event keeps its wall clock; an
event of whole days has days, its last one excluded.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
from icalendar.parser_tools import to_unicode

from crm.calendar.models import Availability, Event, EventStatus, Visibility
from crm.core.models.rich_text.tokens import CONTROL

PRODUCT = "-//Comptoir//Comptoir//EN"
CONTENT_TYPE = "text/calendar; charset=utf-8"
LINE_BYTES = 75
YEAR = timedelta(days=366)
STEPS = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}  # at most so many days
LATEST = date(2200, 12, 31)  # of an event

# Values that are the same in many events are made once.
STATUSES = {
    status: icalendar.vText("CANCELLED" if status == EventStatus.CANCELLED else "CONFIRMED")
    for status in EventStatus
}
SHOWN_AS = {
    Availability.BUSY: icalendar.vText("OPAQUE"),
    Availability.FREE: icalendar.vText("TRANSPARENT"),
}


def write_event(event: Event, *, description: str = "", url: str = "") -> icalendar.Event:
    """The VEVENT of an event, without guests and without its rule; `description` is plain text.

    It says when the event was changed, not when it is written: the same event gives the same text.
    """
    written = icalendar.Event()
    written.add("uid", event.uid)
    written.add("dtstamp", event.changed_on.replace(microsecond=0))
    written.add("sequence", event.sequence)
    starts, ends = span(event)
    written.add("dtstart", starts)
    written.add("dtend", ends)
    written.add("summary", plain(event.subject))
    written["status"] = STATUSES[event.status]
    written["transp"] = SHOWN_AS[event.availability]
    if event.visibility == Visibility.PRIVATE:
        written.add("class", "PRIVATE")
    for name, text in (("location", event.location), ("description", description)):
        if text:
            written.add(name, plain(text))
    if url:
        written.add("url", url)
    return written


def span(event: Event) -> tuple[date, date]:
    """Start and end as calendars say them: instants of its zone, or days without the last one.

    In UTC where either is in the second of two hours that clocks show alike.
    """
    starts, ends = event.starts_at.astimezone(event.zone), event.ends_at.astimezone(event.zone)
    if event.all_day:
        return starts.date(), event.last_day + timedelta(days=1)
    if starts.fold or ends.fold:
        return starts.astimezone(UTC), ends.astimezone(UTC)
    return starts, ends


def plain(text: str) -> str:
    """The text without control characters, which some readers refuse."""
    return CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def write_calendar(events: Iterable[icalendar.Event], *, method: str = "", name: str = "") -> bytes:
    """A calendar of these components, with the time zones that they name."""
    calendar = icalendar.Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    if method:
        calendar.add("method", method)
    if name:
        calendar.add("x-wr-calname", icalendar.vText(plain(name)))  # adds no escapes itself
    for written in events:
        calendar.add_component(written)
    _add_time_zones(calendar)
    return b"".join(_folded(line) for line in _lines(calendar))


def _lines(component: icalendar.Component) -> Iterator[str]:
    """The lines of a component, as the library writes them, in a third of its time."""
    yield f"BEGIN:{component.name}"
    for name, values in component.items():
        for value in values if isinstance(values, list) else (values,):
            params = f";{value.params.to_ical().decode()}" if value.params else ""
            yield f"{name}{params}:{to_unicode(value.to_ical())}"  # offsets are str already
    for one in component.subcomponents:
        yield from _lines(one)
    yield f"END:{component.name}"


def _add_time_zones(calendar: icalendar.Calendar) -> None:
    """VTIMEZONE of each zone named, for the years of the events and those of their rules."""
    moments: list[Any] = [one[name] for one in calendar.events for name in ("dtstart", "dtend")]
    names = sorted({one.params["TZID"] for one in moments if "TZID" in one.params})
    days = [_day(one.dt) for one in moments]
    days += [day for one in calendar.events for day in _last_days(one)]
    zones = [
        icalendar.Timezone.from_tzid(name, first_date=min(days) - YEAR, last_date=max(days) + YEAR)
        for name in names
    ]
    calendar.subcomponents[:0] = zones  # before the events that name them


def _last_days(event: Any) -> list[date]:
    """A day until which its rule goes at most; none without a rule."""
    rule = event.get("rrule")
    if rule is None:
        return []
    first, counts = _day(event["dtstart"].dt), rule.get("count", [])
    step = STEPS[rule["freq"][0]] * rule.get("interval", [1])[0]
    # A rule by several weekdays has as many a week.
    rounds = [-(-count // len(rule.get("byday", [""]))) for count in counts]
    last = [min(number * step, (LATEST - first).days) for number in rounds]
    return [*map(_day, rule.get("until", [])), *(first + timedelta(days=days) for days in last)]


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _folded(line: str) -> bytes:
    """A line as bytes, broken after 75 of them and never within a character.

    Raises ValueError for one that another line hides in: every text was to be escaped before.
    """
    if "\n" in line or "\r" in line:
        raise ValueError("a line break in a line of a calendar")
    whole = line.encode()
    parts, start, room = [], 0, LINE_BYTES
    while len(whole) - start > room:
        end = start + room
        while whole[end] & 0xC0 == 0x80:  # a byte within a character
            end -= 1
        parts.append(whole[start:end])
        start, room = end, LINE_BYTES - 1
    parts.append(whole[start:])
    return b"\r\n ".join(parts) + b"\r\n"
