"""The queue that wakes the worker: Huey on an SQLite file, or on Redis with REDIS_URL.

The rows of the outbox are the truth. A wake-up that is lost costs a minute, until the next sweep.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Any

from flask import Flask, current_app
from huey import Huey, MemoryHuey, RedisHuey, SqliteHuey
from huey.serializer import SignedSerializer
from redis import ConnectionPool
from sqlalchemy import event
from sqlalchemy.orm import Session

from crm.core.config import Config
from crm.core.db import db
from crm.core.jobs import run_sweeps
from crm.core.types import utcnow

NAME = "crm"
DUE = "crm.mail_due"  # in Session.info: when the first message of this transaction is due
TIMEOUT = 2  # seconds that a commit waits for Redis
_EXTENSION = "crm.queue"

log = logging.getLogger("crm.mail")


@dataclass
class Queue:
    """The queue of an application, with its one task: to deliver what is due.

    `stopping` is set where the worker ends after the message at hand.
    """

    huey: Huey
    wake: Any
    stopping: Event = field(default_factory=Event)


def queue_of(app: Flask) -> Queue:
    """The queue of `app`, made when it is first used: a fork must not inherit its connections."""
    found: Queue | None = app.extensions.get(_EXTENSION)
    if found is None:
        found = app.extensions[_EXTENSION] = _queue(app)
    return found


def _queue(app: Flask) -> Queue:
    huey = _make(app.extensions["crm.config"])

    def run() -> None:
        from crm.mail.delivery import deliver  # what sends is loaded by the worker alone

        with app.app_context():
            run_sweeps()  # what they put into the outbox leaves at once
            deliver()

    return Queue(huey, huey.task(name="deliver")(run))


def _make(config: Config) -> Huey:
    # Signed, because what is read from the queue is unpickled.
    shared: dict[str, Any] = {
        "results": False,
        "serializer": SignedSerializer(secret=config.secret_key),
    }
    if config.testing:
        return MemoryHuey(NAME, **shared)
    if config.redis_url:
        pool = ConnectionPool.from_url(
            config.redis_url, socket_connect_timeout=TIMEOUT, socket_timeout=TIMEOUT
        )
        return RedisHuey(NAME, connection_pool=pool, **shared)
    config.instance.mkdir(parents=True, exist_ok=True)
    return SqliteHuey(
        NAME, filename=str(config.instance / "queue.sqlite"), timeout=TIMEOUT, **shared
    )


def wake_after_commit(due_at: datetime) -> None:
    """Wake the worker at `due_at`, once the transaction is committed."""
    info = db.session().info
    info[DUE] = min(due_at, info.get(DUE, due_at))


@event.listens_for(Session, "after_commit")
def _wake(session: Session) -> None:
    if session.in_nested_transaction() or (due_at := session.info.pop(DUE, None)) is None:
        return
    delay = (due_at - utcnow()).total_seconds()
    try:
        task = queue_of(current_app._get_current_object()).wake  # type: ignore[attr-defined]  # of a proxy
        task.schedule(delay=delay) if delay > 0 else task()
    except Exception as error:  # noqa: BLE001  whatever the storage raises, the sweep finds the row
        log.warning("The worker could not be woken: %s", error)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(DUE, None)
