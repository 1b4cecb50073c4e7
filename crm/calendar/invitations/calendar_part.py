"""An invitation as calendars read it (RFC 5546): one guest each, whom the others do not see.

A series is one component with its rule, without the days that are off, and one more for each day
that differs.
"""

from collections.abc import Iterator
from datetime import date, datetime

import icalendar
from icalendar import vCalAddress, vRecur, vText

from crm.calendar.ics import plain, write_calendar, write_event
from crm.calendar.invitations.guest_list import Guest
from crm.calendar.invitations.meeting import Meeting
from crm.calendar.models import Answer, Event, EventSeries, Role
from crm.calendar.recurrence import rrule_text
from crm.core.models import rich_text
from crm.core.types import utcnow

ROLES = {Role.REQUIRED: "REQ-PARTICIPANT", Role.OPTIONAL: "OPT-PARTICIPANT"}
STATUSES = {
    Answer.WAITING: "NEEDS-ACTION",
    Answer.YES: "ACCEPTED",
    Answer.NO: "DECLINED",
    Answer.MAYBE: "TENTATIVE",
}


REQUEST, CANCEL = "REQUEST", "CANCEL"  # METHOD


def write_invitation(
    meeting: Meeting, guest: Guest, organizer: str, *, method: str, sequence: int, url: str
) -> str:
    """The calendar that goes with a mail; `organizer` is the address to which replies go."""
    parts = [*_components(meeting, guest, url)]
    for part in parts:
        for name in ("uid", "sequence", "dtstamp", "class"):
            part.pop(name, None)
        part.add("uid", meeting.uid)
        part.add("sequence", sequence)
        part.add("dtstamp", utcnow().replace(microsecond=0))
        part["organizer"] = _organizer(organizer, guest.events[0])
        if guest.address:
            part["attendee"] = _attendee(guest)
        if method == CANCEL:
            part["status"] = vText("CANCELLED")
    return write_calendar(parts, method=method).decode()


def _components(meeting: Meeting, guest: Guest, url: str) -> Iterator[icalendar.Event]:
    if meeting.series is None:
        yield _component(meeting.events[0], url)
        return
    like = next((one for one in guest.events if not one.apart), guest.events[0])
    yield _repeated(meeting.series, like, guest, url)
    for event in guest.events:
        if _differs(event, like):
            part = _component(event, url)
            part.add("recurrence-id", _moment(event.original_start or event.starts_at, like))
            yield part


def _component(event: Event, url: str) -> icalendar.Event:
    description = rich_text.to_text(event.description or "")
    return write_event(event, description=description, url=event.video_url or url)


def _repeated(series: EventSeries, like: Event, guest: Guest, url: str) -> icalendar.Event:
    """The component of the series, with the fields of the event `like`."""
    part, places = _component(like, url), series.places()
    length = like.ends_at - like.starts_at
    for name, moment in (("dtstart", places[0]), ("dtend", places[0] + length)):
        part.pop(name)
        part.add(name, _moment(moment, like))
    text = rrule_text(series.rule, series.starts_at, series.zone, all_day=like.all_day)
    part.add("rrule", vRecur.from_ical(text))
    there = {one.original_start for one in guest.events}
    for place in places:
        if place not in there:
            part.add("exdate", _moment(place, like))
    return part


def _moment(moment: datetime, like: Event) -> date:
    local = moment.astimezone(like.zone)
    return local.date() if like.all_day else local


def _differs(event: Event, like: Event) -> bool:
    same = ("subject", "location", "all_day", "time_zone", "video_url", "description")
    return (
        event.starts_at != event.original_start
        or event.ends_at - event.starts_at != like.ends_at - like.starts_at
        or any(getattr(event, name) != getattr(like, name) for name in same)
    )


def _organizer(address: str, event: Event) -> vCalAddress:
    found = vCalAddress(f"mailto:{address}")
    found.params["CN"] = plain(str(event.owner or address))
    return found


def _attendee(guest: Guest) -> vCalAddress:
    found = vCalAddress(f"mailto:{guest.address}")
    found.params["CN"] = plain(guest.name or guest.address)
    found.params["ROLE"] = ROLES[guest.role]
    found.params["PARTSTAT"] = STATUSES[guest.answer]
    found.params["CUTYPE"] = "INDIVIDUAL"
    found.params["RSVP"] = "TRUE"
    return found
