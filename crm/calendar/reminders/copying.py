"""The reminders of the events of a series: each occurrence has its own."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from crm.calendar.models import (
    Event,
    EventReminder,
    ReminderChannel,
    ReminderMode,
    ReminderUnit,
    ReminderWhom,
)
from crm.calendar.reminders.scheduling import follow
from crm.calendar.signals import occurrences_created
from crm.core.db import db
from crm.core.rows import unfiltered

DEFAULT: Mapping[str, Any] = {
    "mode": ReminderMode.BEFORE,
    "amount": 1,
    "unit": ReminderUnit.DAYS,
    "at": None,
    "recipients": ReminderWhom.ME,
    "channel": ReminderChannel.BOTH,
}
CONTENT = tuple(DEFAULT)

Line = Mapping[str, Any]


@occurrences_created.connect
def copy_reminders(event: Event, *, events: Sequence[Event], **news: Any) -> None:
    """Give new occurrences the reminders of `event`, everybody's, but for those at a date."""
    before = EventReminder.mode == ReminderMode.BEFORE
    mine = select(EventReminder).where(EventReminder.event_id == event.id, before)
    with unfiltered("an occurrence is like the others, whoever asked for a reminder"):
        given = db.session.scalars(mine.order_by(EventReminder.id)).all()
        for one in events if given else ():
            one.reminders = [EventReminder(user_id=row.user_id, **_content(row)) for row in given]
    if given:
        follow(events)


def differ(event: Event, lines: Sequence[Line]) -> bool:
    """Whether `lines` change the reminders that the actor sees."""
    return [_key(_content(one)) for one in event.reminders] != [
        _key(line) for line in _whole(lines, event)
    ]


def lines_like(event: Event, lines: Sequence[Line], given: Event) -> list[dict[str, Any]]:
    """The `lines` for `event`, as they were given for another of its series.

    Those that it has already are kept; a date is of one event alone.
    """
    ids = {_key(_content(one)): one.id for one in event.reminders}
    found = []
    for line in _whole(lines, given):
        if line["mode"] != ReminderMode.AT:
            pk = ids.pop(_key(line), None)
            found.append(line if pk is None else {"id": pk, **line})
    return found


def _whole(lines: Sequence[Line], event: Event) -> list[dict[str, Any]]:
    """What `lines` mean without their ids: as stored, or by default, where they do not say."""
    stored = {one.id: _content(one) for one in event.reminders}
    return [
        {**stored.get(line.get("id", 0), DEFAULT), **{n: line[n] for n in CONTENT if n in line}}
        for line in lines
    ]


def _content(reminder: EventReminder) -> dict[str, Any]:
    return {name: getattr(reminder, name) for name in CONTENT}


def _key(line: Line) -> tuple[Any, ...]:
    return tuple(line[name] for name in CONTENT)
