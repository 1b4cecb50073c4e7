"""`crm purge`: delete rows that were in the bin for `bin_days`. Source: spec 2.7.

Renews the database's statistics, too.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta

from flask import current_app
from sqlalchemy import select

from crm.companies.models import AppSettings
from crm.core.datamodel import purging
from crm.core.db import db, renew_statistics, transaction
from crm.core.jobs import nightly
from crm.core.locks import exclusive
from crm.core.rows import unfiltered
from crm.core.types import utcnow

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


@nightly("purge", hour=1)
def purge_nightly() -> None:
    """Purge once for the worker."""
    for sentence in purge():
        log.info(sentence)
