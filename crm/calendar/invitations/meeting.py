"""What guests are told of as one: an event, or the events of a series."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from crm.calendar.models import (
    Event,
    EventSeries,
    EventStatus,
    EventType,
    GuestCheck,
    Invitation,
    Participant,
)
from crm.core.db import db
from crm.core.types import utcnow

Of = GuestCheck | Invitation


@dataclass(frozen=True)
class Meeting:
    """The events in the order of their starts, deleted ones too; `series` is that of several."""

    events: Sequence[Event]
    series: EventSeries | None = None

    @property
    def key(self) -> dict[str, int]:
        """The columns by which an Invitation or a GuestCheck is about it."""
        if self.series is not None:
            return {"series_id": self.series.id}
        return {"event_id": self.events[0].id}

    @property
    def uid(self) -> str:
        """What calendars know it by."""
        return self.series.uid if self.series is not None else self.events[0].uid

    @property
    def sequence(self) -> int:
        return max(one.sequence for one in self.events)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left that guests could be told of."""
        live = [one for one in self.events if one.deleted_at is None]
        return all(one.ends_at <= utcnow() for one in live) and bool(live)


def meeting_of(row: Of) -> Meeting | None:
    """The meeting that a row is about, read whole; None for a series without events."""
    people = (Participant.user, Participant.contact, Participant.lead)
    statement = (
        select(Event)
        .options(
            selectinload(Event.participants).options(*(joinedload(one) for one in people)),
            joinedload(Event.owner),
            joinedload(Event.company),
        )
        .order_by(Event.starts_at, Event.id)
    )
    mine = Event.series_id == row.series_id if row.event_id is None else Event.id == row.event_id
    events = db.session.scalars(statement.where(mine)).unique().all()
    if not events:
        return None
    return Meeting(events, events[0].series if row.event_id is None else None)


def takes_place(event: Event) -> bool:
    """Whether it is no task, and neither deleted nor cancelled."""
    return (
        event.deleted_at is None
        and event.type != EventType.TASK
        and event.status != EventStatus.CANCELLED
    )


def is_ahead(event: Event) -> bool:
    """Whether guests are told of it: not of what is over or done."""
    is_planned = event.status == EventStatus.PLANNED
    return takes_place(event) and is_planned and event.ends_at > utcnow()


def is_done_early(event: Event) -> bool:
    """Whether it is marked as done before its end, which does not call it off."""
    return takes_place(event) and event.status == EventStatus.DONE and event.ends_at > utcnow()


def next_of(events: Sequence[Event]) -> Event:
    """The one that a mail names: the next one ahead, else the last one."""
    return next((one for one in events if is_ahead(one)), events[-1])
