"""Each event of a feed as its reader's calendar shows it."""

import hashlib
from collections.abc import Sequence

import icalendar
from flask import url_for
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import select

from crm.calendar.busy import BusyTime
from crm.calendar.ics import write_event
from crm.calendar.models import Event, EventStatus, Visibility
from crm.core.db import db
from crm.core.models.rich_text import to_text
from crm.core.models.text import labelled

LONGEST_DESCRIPTION = 2_000  # characters


def names_of(events: Sequence[Event]) -> dict[int, str]:
    """id → name of the events' owners."""
    owners = {event.owner_id for event in events if event.owner_id is not None}
    people = select(User.id, User.first_name, User.last_name).where(User.id.in_(owners))
    return {key: f"{first} {last}".strip() for key, first, last in db.session.execute(people)}


def busy_event(number: int, one: BusyTime) -> Event:
    """A busy time as an event that is in no database: what is not known of it is not there."""
    told = f"{number} {one.owner_id} {one.starts_at} {one.ends_at}"
    return Event(
        uid=hashlib.sha256(told.encode()).hexdigest()[:32],
        sequence=0,
        subject=one.words,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        all_day=one.all_day,
        time_zone=one.time_zone,
        owner_id=one.owner_id,
        availability=one.availability,
        status=EventStatus.PLANNED,
        visibility=Visibility.PUBLIC,
        changed_on=one.starts_at,
    )


class Writer:
    """Writes one event, with what is the same for all of a feed."""

    def __init__(self, names: dict[int, str]) -> None:
        self.names = names
        self.address = url_for("EventView.show", pk=0, _external=True).removesuffix("0")
        self.open_in = labelled(_("Open in Comptoir"), "")
        self.video_link = labelled(_("Video link"), "")

    def write(self, event: Event) -> icalendar.Event:
        """An event; in a team's feed with the name of its owner."""
        url = f"{self.address}{event.id}"
        parts = [
            to_text(event.description or "")[:LONGEST_DESCRIPTION],
            f"{self.video_link}{event.video_url}" if event.video_url else "",
            f"{self.open_in}{url}",
        ]
        description = "\n\n".join(part for part in parts if part)
        return self._named(event, write_event(event, description=description, url=url))

    def write_busy(self, event: Event) -> icalendar.Event:
        """A busy time: it has no page."""
        return self._named(event, write_event(event))

    def _named(self, event: Event, written: icalendar.Event) -> icalendar.Event:
        name = self.names.get(event.owner_id or 0)
        if name:
            written["summary"] = icalendar.vText(f"{written['summary']} ({name})")
        return written
