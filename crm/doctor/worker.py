"""Checks of the worker: whether one runs, whether mails leave, whether the regular work is done."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from crm.core.config import Config
from crm.core.db import db
from crm.core.jobs import HEARTBEAT, JobRow, last_run
from crm.core.types import utcnow
from crm.doctor.finding import Finding, ok, wrong
from crm.mail.health import DELAY, SILENCE, oldest_due

START = "start one with `crm serve` (unless WORKER=0) or `crm worker`"


def check(config: Config) -> Iterator[Finding]:
    """The findings; none where the database does not answer, which is said elsewhere."""
    try:
        findings = [_heartbeat(), *_oldest(config), *_failed()]
    except SQLAlchemyError:
        return
    yield from findings


def _heartbeat() -> Finding:
    seen = last_run(HEARTBEAT)
    if seen is None:
        return ok(f"No worker has run yet: {START}.")
    if utcnow() - seen < SILENCE:
        return ok(f"A worker runs: it was seen {_age(seen)} ago.")
    return wrong(
        f"No worker has been seen for {_age(seen)}: {START}. Until then e-mails and nightly work "
        "wait."
    )


def _oldest(config: Config) -> Iterator[Finding]:
    due = oldest_due() if config.mail is not None else None
    if due is not None and utcnow() - due > DELAY:
        yield wrong(
            f"The oldest e-mail has been due for {_age(due)}: look whether a worker runs, what the "
            "mail server answers (below, and in the outbox), and at the limits in the settings."
        )


def _failed() -> Iterator[Finding]:
    for job in db.session.scalars(select(JobRow).where(JobRow.error.is_not(None))):
        yield wrong(f"The regular work “{job.name}” failed and is tried again: {job.error}")


def _age(instant: datetime) -> str:
    """How long ago that is: "40 seconds", "12 minutes", "3 hours", "2 days"."""
    seconds = max(int((utcnow() - instant).total_seconds()), 0)
    for size, word in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {word}"
    return f"{seconds} seconds"
