"""Statements of the events' pages."""

from typing import Any

from sqlalchemy import Select, select

from crm.calendar.models import Answer, Event, EventStatus, Participant


def next_of(relation: str, parent: Any) -> Select[tuple[Event]]:
    """The earliest planned event of a record, also where it is overdue."""
    return (
        select(Event)
        .where(getattr(Event, relation) == parent, Event.status == EventStatus.PLANNED)
        .order_by(Event.starts_at, Event.id)
        .limit(1)
    )


def attended_by(user_id: int) -> Select[int]:
    """The ids of the events in which a user takes part and which they did not decline."""
    return select(Participant.event_id).where(
        Participant.user_id == user_id, Participant.answer != Answer.NO
    )
