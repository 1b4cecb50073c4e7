"""What somebody has to do on a day: events, tasks that are due, overdue tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select

from crm.calendar.models import Event, EventStatus, EventType
from crm.calendar.queries import attended_by
from crm.core.db import db

DAY = timedelta(days=1)
MOST = 50  # of each sort


@dataclass(frozen=True)
class Day:
    """The events of a day, the tasks that are due then, and those that were due before."""

    on: date
    events: Sequence[Event]
    tasks: Sequence[Event]
    overdue: Sequence[Event]

    @property
    def is_empty(self) -> bool:
        return not (self.events or self.tasks or self.overdue)


def day_of(user_id: int, on: date, zone: ZoneInfo) -> Day:
    """The day `on` of this person, who is the actor; all-day events are of their own time zone."""
    tasks = _tasks(user_id, on, zone)
    return Day(
        on,
        [one for one in _events(user_id, on, zone) if _is_on(one, on, zone)][:MOST],
        [one for one in tasks if one.due_on == on][:MOST],
        [one for one in tasks if one.due_on is not None and one.due_on < on][:MOST],
    )


def _events(user_id: int, on: date, zone: ZoneInfo) -> Sequence[Event]:
    """Those around the day that one holds, or takes part in and did not decline."""
    start = datetime.combine(on, time(), zone)
    statement = select(Event).where(
        *_planned(),
        Event.type != EventType.TASK,
        or_(Event.owner_id == user_id, Event.id.in_(attended_by(user_id))),
        Event.starts_at < start + 2 * DAY,
        Event.ends_at > start - DAY,
    )
    return db.session.scalars(statement.order_by(Event.starts_at, Event.id)).unique().all()


def _is_on(event: Event, on: date, zone: ZoneInfo) -> bool:
    if event.all_day:
        return event.first_day <= on <= event.last_day
    last = (event.ends_at - timedelta(microseconds=1)).astimezone(zone).date()
    return event.starts_at.astimezone(zone).date() <= on <= last


def _tasks(user_id: int, on: date, zone: ZoneInfo) -> Sequence[Event]:
    """One's planned tasks that are due by then, the ones that are due first."""
    until = datetime.combine(on, time(), zone) + 2 * DAY
    mine = (Event.type == EventType.TASK, Event.owner_id == user_id, Event.starts_at < until)
    statement = select(Event).where(*_planned(), *mine).order_by(Event.starts_at.desc(), Event.id)
    return db.session.scalars(statement.limit(3 * MOST)).unique().all()[::-1]


def _planned() -> tuple[ColumnElement[bool], ...]:
    return (Event.status == EventStatus.PLANNED, Event.deleted_at.is_(None))
