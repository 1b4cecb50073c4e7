"""Lets "Last event" follow the clock: an event that begins is its record's last one, with no edit.

A running server does this every minute, in one of its processes.
"""

import logging
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, current_app
from sqlalchemy import Select, or_, select

from crm.calendar.event_dates import KEEPERS, update_event_dates
from crm.calendar.models import Event, EventStatus
from crm.core.db import batches, db, transaction
from crm.core.locks import exclusive
from crm.core.rows import unfiltered
from crm.core.types import utcnow

MINUTE = 60.0
OVERLAP = timedelta(minutes=10)  # read again: another process or a clock may have been late
AT_ONCE = 200  # records of one transaction, so that others can write in between

log = logging.getLogger("crm.calendar.clock")


def follow_clock(since: datetime | None = None) -> int:
    """Update the records whose events began after `since`. Returns how many there were.

    Along the index of `starts_at`, a minute's events are few; None reads all that ever began.
    """
    with unfiltered("the dates count every event, whoever reads the record"):
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
            Event.status != EventStatus.CANCELLED,
            or_(model.last_event_at.is_(None), model.last_event_at < Event.starts_at),
        )
        .distinct()
    )


def start_clock(app: Flask) -> threading.Thread:
    """Start the thread. Each process of a server has one; a lock lets one of them work."""
    stop = threading.Event()
    thread = threading.Thread(target=keep_following, args=(app, stop), daemon=True)
    thread.name = "calendar-clock"
    thread.start()
    return thread


def keep_following(app: Flask, stop: threading.Event) -> None:
    """The loop of the thread, until `stop` is set: first all that ever began, then what is new."""
    since = None
    while not stop.wait(MINUTE):
        now = utcnow()
        if run(app, since):
            since = now - OVERLAP


def run(app: Flask, since: datetime | None) -> bool:
    """Follow the clock once; False where it failed or another process does it."""
    with app.app_context():
        try:
            with exclusive(current_app.extensions["crm.config"], "clock", waits=False) as is_ours:
                if is_ours:
                    follow_clock(since)
        except Exception:
            log.exception("The dates of last events are late; they are tried again.")
            return False
        finally:
            db.session.remove()
    return is_ours
