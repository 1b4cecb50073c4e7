"""`crm purge`: delete rows that were in the bin for `bin_days`. Source: spec 2.7.

Renews the database's statistics, too.
"""

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta

from flask import Flask, current_app
from sqlalchemy import select

from crm.companies.models import AppSettings
from crm.core.datamodel import purging
from crm.core.db import db, renew_statistics, transaction
from crm.core.locks import exclusive
from crm.core.rows import unfiltered
from crm.core.types import utcnow

FIRST = 120.0  # seconds after the start of a server, which is busy at first
AGAIN = 24 * 3600.0
AFTER_FAILURE = 3600.0

log = logging.getLogger("crm.purge")


def purge() -> list[str]:
    """Purge, unless another process does. Returns a report of deleted and remaining rows."""
    config = current_app.extensions["crm.config"]
    with (
        exclusive(config, "purge", waits=False) as is_ours,
        unfiltered("what was in the bin long enough goes, whoever could see it"),
    ):
        if not is_ours:
            return ["Another purge is running; this one leaves the work to it."]
        days = db.session.scalar(select(AppSettings.bin_days))
        db.session.rollback()
        told = list(_told(purging.purge(utcnow() - timedelta(days=days)))) if days else []
        with transaction() as session:
            renew_statistics(session.connection())
        return told


def _told(purged: purging.PurgeResult) -> Iterator[str]:
    gone = ", ".join(f"{count} {table}" for table, count in sorted(purged.gone.items()))
    yield f"Deleted for good: {gone or 'nothing'}."
    for table, count in sorted(purged.waiting.items()):
        needing = ", ".join(purged.needed_by[table])
        yield f"Kept in the bin: {count} {table}, because rows of {needing} still need them."


def start_daily(app: Flask) -> threading.Thread:
    """Start a thread that purges once a day; failed runs are retried soon.

    Each process of a server has one; a lock lets one of them work.
    """
    thread = threading.Thread(target=keep_purging, args=(app, threading.Event()), daemon=True)
    thread.name = "purge"
    thread.start()
    return thread


def keep_purging(app: Flask, stop: threading.Event) -> None:
    """The loop of the thread, until `stop` is set."""
    pause = FIRST
    while not stop.wait(pause):
        pause = AGAIN if run(app) else AFTER_FAILURE


def run(app: Flask) -> bool:
    """Purge once for the server; False where it failed, which is logged."""
    with app.app_context():
        try:
            for sentence in purge():
                log.info(sentence)
        except Exception:
            log.exception("The purge failed; it is tried again.")
            return False
        finally:
            db.session.remove()
    return True
