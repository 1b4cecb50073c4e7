"""Events of a series that were deleted by one act."""

from collections.abc import Sequence

from sqlalchemy import select

from crm.calendar.models import Event
from crm.core import rows
from crm.core.db import db


def deleted_with(pk: int) -> Sequence[Event]:
    """The other events in the bin that went there with this one, as far as the actor may act."""
    mine = select(Event.series_id, Event.deleted_at).where(Event.id == pk).subquery()
    statement = (
        select(Event)
        .join(mine, (Event.series_id == mine.c.series_id) & (Event.deleted_at == mine.c.deleted_at))
        .where(Event.id != pk, rows.criteria(Event, "delete"))
        .order_by(Event.original_start)
        .execution_options(**{rows.IN_BIN: Event})
    )
    return list(db.session.scalars(statement).unique())
