"""An invitation as calendars read it (RFC 5546): one guest each, whom the others do not see."""

from collections.abc import Iterator

import icalendar
from icalendar import vCalAddress, vText

from crm.calendar.ics import plain, write_calendar, write_event
from crm.calendar.ics_series import write_series
from crm.calendar.invitations.guest_list import Guest
from crm.calendar.invitations.meeting import Meeting
from crm.calendar.models import Answer, Event, Role
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
    parts = list(_components(meeting, guest, url))
    if method == CANCEL:
        parts = [_without_details(parts[0])]
    for part in parts:
        for name in ("sequence", "dtstamp", "class"):
            part.pop(name, None)
        part.add("sequence", sequence)
        part.add("dtstamp", utcnow().replace(microsecond=0))
        part["organizer"] = _organizer(organizer, guest.events[0])
        if guest.address:
            part["attendee"] = _attendee(guest)
        if method == CANCEL:
            part["status"] = vText("CANCELLED")
    return write_calendar(parts, method=method).decode()


def _components(meeting: Meeting, guest: Guest, url: str) -> Iterator[icalendar.Event]:
    def write(event: Event) -> icalendar.Event:
        description = rich_text.to_text(event.description or "")
        return write_event(event, description=description, url=event.video_url or url)

    if meeting.series is None:
        yield write(meeting.events[0])
        return
    alone = {one.uid: one for one in guest.events}  # that the rule cannot tell
    for part in write_series(meeting.series, guest.events, write):
        event = alone.get(str(part["uid"]))
        if event is not None:  # a mail has one UID
            part.pop("uid")
            part.add("uid", meeting.uid)
            place = (event.original_start or event.starts_at).astimezone(event.zone)
            part.add("recurrence-id", place.date() if event.all_day else place)
        yield part


def _without_details(part: icalendar.Event) -> icalendar.Event:
    """What calendars need to take it out, and no word that was written for who still takes part.

    Of a series its one component, which stands for all of it.
    """
    for name in ("location", "description", "url"):
        part.pop(name, None)
    return part


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
