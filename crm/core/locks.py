"""Locks across processes and machines: work that one process at a time may do on a database."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from flask_babel import gettext as _
from sqlalchemy import text

from crm.core.config import Config
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.outage import Outage, unavailable

# PostgreSQL names such locks by a number: any that nobody else uses on this database.
NUMBERS = {
    "init": 7_202_611,
    "purge": 7_202_612,
    "import": 7_202_613,
    "outbox": 7_202_614,
    "duplicates": 7_202_615,
}
PATIENCE = 120  # seconds on SQLite


@contextmanager
def exclusive(config: Config, work: str, *, waits: bool) -> Iterator[bool]:
    """Hold the lock of this `work`; yields False where another process holds it.

    With `waits` it waits instead. The lock ends with its process.
    """
    held = _by_file(config.instance / f"{work}.lock", waits) if config.is_sqlite else None
    with held or _by_number(NUMBERS[work], waits) as is_ours:
        yield is_ours


@contextmanager
def _by_number(number: int, waits: bool) -> Iterator[bool]:
    with db.engine.connect() as connection:
        ask = (
            "SELECT pg_advisory_lock(:number)" if waits else "SELECT pg_try_advisory_lock(:number)"
        )
        is_ours = connection.execute(text(ask), {"number": number}).scalar() is not False
        try:
            yield is_ours
        finally:
            if is_ours:
                connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": number})


@contextmanager
def _by_file(path: Path, waits: bool) -> Iterator[bool]:
    """With SQLite's lock on a file beside the database, which is portable."""
    with closing(_opened(path, PATIENCE if waits else 0)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise _unusable(path, error) from error
            if waits:
                raise unavailable(Outage.BUSY) from error
            yield False
            return
        yield True


def _opened(path: Path, timeout: float) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return sqlite3.connect(path, timeout=timeout, isolation_level=None)
    except (OSError, sqlite3.OperationalError) as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: Exception) -> DomainError:
    message = _("%(path)s cannot be written to (%(why)s). Check its folder.", path=path, why=error)
    return DomainError(message)
