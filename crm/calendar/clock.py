"""Lets "Last event" follow the clock: an event that begins is its record's last one, with no edit.

A worker does this every minute.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, or_, select

from crm.calendar.event_dates import KEEPERS, update_event_dates
from crm.calendar.models import Event, EventStatus, Visibility
from crm.core.db import batches, db, transaction
from crm.core.jobs import every_minute, last_run
from crm.core.rows import unfiltered
from crm.core.types import utcnow

OVERLAP = timedelta(minutes=10)  # read again: another process or a clock may have been late
AT_ONCE = 200  # records of one transaction, so that others can write in between


def follow_clock(since: datetime | None = None) -> int:
    """Update the records whose events began after `since`. Returns how many there were.

    Along the index of `starts_at`, a minute's events are few; None reads all that ever began.
    """
    with unfiltered("the dates count every public event, whoever reads the record"):
        found = sorted({key for relation in KEEPERS for key in _late(relation, since)})
        db.session.rollback()
        for part in batches(found, AT_ONCE):
            with transaction():
                update_event_dates(part)
    return len(found)


def _late(relation: str, since: datetime | None) -> Iterator[tuple[str, int]]:
    """The records whose last event is older than one of theirs that began."""
    return ((relation, key) for key in db.session.scalars(_statement(relation, since)))


def _statement(relation: str, since: datetime | None) -> Select[Any]:
    model = KEEPERS[relation]
    key = getattr(Event, f"{relation}_id")
    begun = [Event.starts_at <= utcnow()]
    if since is not None:
        begun.append(Event.starts_at > since)
    return (
        select(key)
        .join(model, model.id == key)
        .where(
            *begun,
            Event.deleted_at.is_(None),
            Event.visibility == Visibility.PUBLIC,
            Event.status != EventStatus.CANCELLED,
            or_(model.last_event_at.is_(None), model.last_event_at < Event.starts_at),
        )
        .distinct()
    )


@every_minute("event_dates")
def follow() -> None:
    """Follow the clock from where the last run ended, as far as that is known."""
    last = last_run("event_dates")
    follow_clock(last - OVERLAP if last is not None else None)
