"""An event like another one, at another time: an occurrence of its series."""

from datetime import datetime
from typing import Any

from crm.calendar.guests import who_in, who_is
from crm.calendar.models import RELATED, Event, Participant
from crm.calendar.models.participant import COLUMNS as PARTICIPANT_COLUMNS
from crm.calendar.models.participant import WHO
from crm.core.rows import unfiltered

COLUMNS = (
    "type", "subject", "all_day", "time_zone", "call_direction", "priority", "location",
    "video_url", "description", "visibility", "availability",
)  # fmt: skip
LINKS = ("company", "owner", "agency", "category", *RELATED)


def copy_of(event: Event, starts_at: datetime, ends_at: datetime) -> Event:
    """A planned event like this one, with its participants, who have not answered yet.

    Links that the actor cannot see are kept: write it within `unfiltered`, and ask for the right
    to create it.
    """
    copy = Event(starts_at=starts_at, ends_at=ends_at)
    for name in COLUMNS:
        setattr(copy, name, getattr(event, name))
    with unfiltered("an occurrence keeps the links of its series"):
        for name in LINKS:
            setattr(copy, name, getattr(event, name))
    copy.reminders = []  # a new row's, so that nobody asks the database for them
    copy.participants = [
        Participant(**{name: getattr(guest, name) for name in (*PARTICIPANT_COLUMNS, "role")})
        for guest in event.participants
    ]
    return copy


def guests_like(event: Event, lines: list[dict[str, Any]], given: Event) -> list[dict[str, Any]]:
    """The `lines` of participants for `event`, as they were given for another of its series.

    Who takes part already keeps their answer. Somebody out of reach stays where they take part, and
    is added nowhere.
    """
    ids = {who_is(guest): guest.id for guest in event.participants}
    rows = {guest.id: guest for guest in given.participants}
    found = []
    for line in lines:
        row = rows.get(line.get("id", 0))
        said = {name: value for name, value in line.items() if name != "id"}
        who = who_is(row) if row is not None else who_in(line)
        if who in ids:
            found.append({**said, "id": ids[who]})
        elif row is None or row.person is not None or row.email is not None:
            kept = {name: getattr(row, name) for name in (*WHO, "role")} if row is not None else {}
            found.append({**kept, **said})
    return found
