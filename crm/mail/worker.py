"""`crm worker`: sends what is in the outbox, and does the regular work."""

import logging
from collections.abc import Callable
from threading import Event, Thread
from time import monotonic

from flask import Flask

from crm.core import jobs
from crm.core.db import db
from crm.mail.delivery import deliver
from crm.mail.queue import queue_of

BEAT = 30.0  # seconds
SWEEP = 60.0  # seconds between looks for messages whose wake-up was lost
LOOK = 15.0  # seconds between looks for what is due to the minute, such as reminders
LONGEST_POLL = 1.0  # seconds between looks into an SQLite queue
LAST_MAIL = 30.0  # seconds that a thread may still take when the worker ends
HOUR = 3600.0  # seconds

log = logging.getLogger("crm.worker")


def run(app: Flask) -> None:
    """Work until TERM, which lets the mail at hand be finished, or INT.

    The sweep needs no queue: without Redis mails leave a minute later.
    """
    logging.getLogger("huey.consumer").addFilter(_OutageFilter())
    queue = queue_of(app)
    consumer = queue.huey.create_consumer(
        workers=1, periodic=False, max_delay=LONGEST_POLL, graceful_signal="TERM"
    )
    queue.stopping = consumer.stop_flag
    regular = [
        _every(BEAT, app, consumer.stop_flag, jobs.beat),
        _every(SWEEP, app, consumer.stop_flag, deliver),
        _every(SWEEP, app, consumer.stop_flag, jobs.run_due),
        _every(LOOK, app, consumer.stop_flag, jobs.run_sweeps),
        _every(LOOK, app, consumer.stop_flag, jobs.run_slow_sweeps),
    ]
    consumer.run()
    for thread in regular:
        thread.join(LAST_MAIL)


def _every(seconds: float, app: Flask, stop: Event, work: Callable[[], object]) -> Thread:
    """A thread that does `work` now and every so many seconds, whatever goes wrong."""

    def loop() -> None:
        while True:
            with app.app_context():
                try:
                    work()
                except Exception:
                    log.exception("%s failed; it is tried again.", work.__name__)
                finally:
                    db.session.remove()
            if stop.wait(seconds):
                return

    thread = Thread(target=loop, name=work.__name__, daemon=True)
    thread.start()
    return thread


class _OutageFilter(logging.Filter):
    """Logs that the queue does not answer once an hour, instead of a traceback every second."""

    logged_at = -HOUR

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info is None or "queue" not in record.getMessage():
            return True
        if monotonic() - self.logged_at >= HOUR:
            log.warning("The queue does not answer: %s", record.exc_info[1])
            self.logged_at = monotonic()
        return False
