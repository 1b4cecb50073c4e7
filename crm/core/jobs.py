"""Regular work: functions with a schedule, each run by one worker at a time.

A job's row says when it is due; a worker takes it by a lease in that row, so that it runs once,
however many workers there are. The lease of a worker that dies runs out.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import ColumnElement, String, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.db import db, transaction
from crm.core.types import Instant, utcnow

LEASE = timedelta(hours=2)  # the longest that a job may take
AFTER_FAILURE = timedelta(hours=1)
LONGEST_PAUSE = timedelta(days=1)  # between two runs of a job
MINUTE = timedelta(minutes=1)
HEARTBEAT = "heartbeat"  # in the table: when a worker was last seen
LONGEST_ERROR = 500

log = logging.getLogger("crm.jobs")

Run = Callable[[], object]


class JobRow(Model):
    """When a job is due, and how it ended last."""

    __tablename__ = "job"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(Instant, default=utcnow)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    error: Mapped[str | None] = mapped_column(String(LONGEST_ERROR))


@dataclass(frozen=True)
class Job:
    """A function and its schedule; `following` says when it is due after an instant."""

    name: str
    run: Run
    following: Callable[[datetime], datetime]


# Filled by the decorators below; an application has the jobs of the modules that it imports.
JOBS: dict[str, Job] = {}
# name → what every worker does several times a minute; SLOW in a thread of its own, as it may
# take minutes, which no reminder and no mail waits for.
SWEEPS: dict[str, Run] = {}
SLOW: dict[str, Run] = {}


def every_minute(name: str) -> Callable[[Run], Run]:
    """Run the function once a minute."""
    return _register(name, lambda now: now + MINUTE)


def nightly(name: str, hour: int) -> Callable[[Run], Run]:
    """Run the function once a day, at `hour` UTC, or later where no worker ran then."""

    def following(now: datetime) -> datetime:
        today = now.replace(hour=hour, minute=0, second=0, microsecond=0)
        return today if today > now else today + timedelta(days=1)

    return _register(name, following)


def sweep(name: str, *, slow: bool = False) -> Callable[[Run], Run]:
    """Run the function in every worker, several times a minute and when the queue wakes it.

    For what must not wait until the lease of a worker that died has run out. Several may run it at
    once: the function itself takes each of its rows. A `slow` one is not woken: what it puts into
    the outbox wakes the others.
    """

    def register(function: Run) -> Run:
        (SLOW if slow else SWEEPS)[name] = function
        return function

    return register


def run_sweeps() -> None:
    """Run all that are quick, whatever goes wrong with one."""
    _run_each(SWEEPS)


def run_slow_sweeps() -> None:
    _run_each(SLOW)


def _run_each(sweeps: Mapping[str, Run]) -> None:
    for name, run in sweeps.items():
        try:
            run()
        except Exception:
            log.exception("%s failed; it is tried again.", name)
        finally:
            db.session.rollback()


def _register(name: str, following: Callable[[datetime], datetime]) -> Callable[[Run], Run]:
    def register(function: Run) -> Run:
        JOBS[name] = Job(name, function, following)
        return function

    return register


def run_due() -> list[str]:
    """Run the jobs that are due and that no other worker has taken. Returns their names."""
    _add_missing()
    done = []
    for name in db.session.scalars(select(JobRow.name).where(*_free(utcnow()))).all():
        db.session.rollback()
        if name in JOBS and _take(name):
            _run(JOBS[name])
            done.append(name)
    db.session.rollback()
    return done


def _free(now: datetime) -> list[ColumnElement[bool]]:
    """The conditions for jobs that are due and not taken.

    Times beyond every schedule were written while a clock was wrong, and do not count.
    """
    due, lease = JobRow.due_at, JobRow.lease_until
    return [
        or_(due <= now, due > now + 2 * LONGEST_PAUSE),
        or_(lease.is_(None), lease < now, lease > now + 2 * LEASE),
        JobRow.name != HEARTBEAT,
    ]


def _take(name: str) -> bool:
    """Whether this worker is the one that runs the job now."""
    now = utcnow()
    taking = update(JobRow).where(JobRow.name == name, *_free(now)).values(lease_until=now + LEASE)
    with transaction() as session:
        return bool(session.execute(taking).rowcount)  # type: ignore[attr-defined]  # of an UPDATE


def _run(job: Job) -> None:
    now, error = utcnow(), None
    try:
        job.run()
    except Exception as raised:
        log.exception("The job %s failed; it is tried again.", job.name)
        error = f"{type(raised).__name__}: {raised}"[:LONGEST_ERROR]
    finally:
        db.session.rollback()
    following = job.following(now)
    values: dict[str, Any] = {"due_at": following, "lease_until": None, "error": error}
    if error is None:
        values["done_at"] = now
    else:
        values["due_at"] = min(following, now + AFTER_FAILURE)
    with transaction() as session:
        session.execute(update(JobRow).where(JobRow.name == job.name).values(values))


def beat() -> None:
    """Note that a worker runs now."""
    with transaction() as session:
        now = utcnow()
        found = session.execute(
            update(JobRow).where(JobRow.name == HEARTBEAT).values(done_at=now, due_at=now + LEASE)
        )
        if not found.rowcount:  # type: ignore[attr-defined]  # of an UPDATE
            _add([HEARTBEAT])


def last_run(name: str) -> datetime | None:
    """When a job last began and ended well; None where it never did."""
    return db.session.scalar(select(JobRow.done_at).where(JobRow.name == name))


def _add_missing() -> None:
    known = set(db.session.scalars(select(JobRow.name)))
    missing = JOBS.keys() - known
    if missing:
        with transaction():
            _add(sorted(missing))


def _add(names: list[str]) -> None:
    """Rows of new jobs, unless another worker adds them at this moment."""
    now = utcnow()
    for name in names:
        row = JobRow(name=name, due_at=now, done_at=now if name == HEARTBEAT else None)
        try:
            with db.session.begin_nested():
                db.session.add(row)
        except IntegrityError:
            log.info("Another worker added the job %s.", name)
