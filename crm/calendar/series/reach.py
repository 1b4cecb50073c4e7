"""How far a change of one event of a series goes, and which events it touches. Source: spec 9.4."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import selectinload

from crm.calendar.models import Event, EventStatus
from crm.core import privacy, rows
from crm.core.actor import find_actor
from crm.core.db import db


class Reach(StrEnum):
    """This event, this and the following, or all events of the series."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


@dataclass(frozen=True)
class Touched:
    """The events that a change would touch, in the order of the series.

    `done` and `cancelled` are numbers of events that stay as they are, `refused` are those that the
    actor reads but has no right to change so, `hidden` the number of those that they do not read,
    others' private ones not counted. `apart` are those of `events` that were changed on their own
    before.
    """

    events: Sequence[Event]
    done: int = 0
    cancelled: int = 0
    refused: Sequence[Event] = ()
    hidden: int = 0

    @property
    def apart(self) -> Sequence[Event]:
        return [event for event in self.events if event.apart]


def touched(event: Event, reach: Reach, action: str = "edit") -> Touched:
    """What doing `action` ("edit" or "delete") to `event` touches with this reach."""
    return every_reach(event, action)[reach]


def every_reach(event: Event, action: str = "edit") -> dict[Reach, Touched]:
    """What each reach would touch: the numbers that the question shows."""
    found = {Reach.THIS: Touched([event])}
    if event.series_id is None:
        return found
    seen = series_rows(event)
    open_ids = rows.allowed(db.session(), action, seen) if rows.is_filtered() else None
    everything = select(Event.id, Event.status, Event.original_start).where(
        Event.series_id == event.series_id, Event.deleted_at.is_(None), _is_counted()
    )
    with rows.unfiltered("a series says how many of its events the reader does not see"):
        total = list(db.session.execute(everything))
    for reach in (Reach.FOLLOWING, Reach.ALL):
        from_here = None if reach is Reach.ALL else event.original_start
        here = [one for one in seen if _is_from(one, from_here)]
        planned = [one for one in here if one.status == EventStatus.PLANNED]
        free = [one for one in planned if open_ids is None or one.id in open_ids]
        counted = [one for one in total if _is_from(one, from_here)]
        found[reach] = Touched(
            free,
            done=sum(one.status == EventStatus.DONE for one in counted),
            cancelled=sum(one.status == EventStatus.CANCELLED for one in counted),
            refused=[one for one in planned if one not in free],
            hidden=sum(one.status == EventStatus.PLANNED for one in counted) - len(planned),
        )
    return found


def _is_counted() -> ColumnElement[bool]:
    """Not of others' private events: nobody else learns how many there are. Source: spec 9.2."""
    actor = find_actor()
    if actor is None or not rows.is_filtered():
        return true()
    return privacy.is_open_to(Event, actor)


def series_rows(event: Event) -> list[Event]:
    """The events of the series that the actor reads, in its order."""
    statement = select(Event).where(Event.series_id == event.series_id)
    statement = statement.options(selectinload(Event.participants))
    return list(db.session.scalars(statement.order_by(Event.original_start, Event.id)).unique())


def _is_from(one: Any, start: datetime | None) -> bool:
    """Whether an event, or what was read of it, has its place at `start` or later."""
    return start is None or one.original_start >= start
