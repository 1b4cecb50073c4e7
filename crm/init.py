"""`crm init`: bring a database, new or old, to what this version expects.

Safe to run twice at once.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app
from flask_migrate import upgrade
from sqlalchemy import text

from crm import translators
from crm.companies.people import roles, users
from crm.companies.services.company import ensure_company
from crm.core.config import Config
from crm.core.db import db, transaction
from crm.core.rows import unfiltered
from crm.install import install

LOCK = 7_202_611  # any number that nobody else uses on this database


def init() -> str | None:
    """Migrate, add what is missing; answers what `ensure_admin` does."""
    config: Config = current_app.extensions["crm.config"]
    translators.compile_catalogs()
    with one_at_a_time(config):
        upgrade()
        with transaction():
            install()
            roles.sync(current_app.extensions["appbuilder"])
            with unfiltered("the first company comes before anybody who could see it"):
                ensure_company()
            return users.ensure_admin(config.admin_password)


@contextmanager
def one_at_a_time(config: Config) -> Iterator[None]:
    """Wait until no other machine migrates this database."""
    if config.is_sqlite:
        with _lock_file(config):
            yield
        return
    with db.engine.connect() as connection:
        # Whoever waits here waits for a migration, longer than a page may take.
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_lock(:number)"), {"number": LOCK})
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": LOCK})
            connection.rollback()  # the pool gets its connection back with the usual limit


@contextmanager
def _lock_file(config: Config) -> Iterator[None]:
    """A lock that dies with its process, on every system: SQLite's own, on a file beside."""
    config.instance.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(config.instance / "init.lock", timeout=120, isolation_level=None)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        connection.close()
