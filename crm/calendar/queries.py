"""Statements of the events' pages."""

from typing import Any

from sqlalchemy import Select, select

from crm.calendar.models import Event, EventStatus


def next_of(relation: str, parent: Any) -> Select[tuple[Event]]:
    """The earliest planned event of a record, also where it is overdue."""
    return (
        select(Event)
        .where(getattr(Event, relation) == parent, Event.status == EventStatus.PLANNED)
        .order_by(Event.starts_at, Event.id)
        .limit(1)
    )
