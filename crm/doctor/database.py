"""Checks of the database: version, tables, content."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from crm.companies.models import Company
from crm.companies.people.rights import active_admins
from crm.core.config import Config
from crm.core.db import db
from crm.core.journal import Journal
from crm.core.rows import unfiltered
from crm.doctor.finding import Finding, ok, wrong

# Versions of SQLite in which the WAL race that can lose committed rows is fixed: the release, then
# the branches with a backport.
FIXED_FROM = (3, 51, 3)
FIXED_BRANCHES = {(3, 50): 7, (3, 44): 6}

SLACK = timedelta(minutes=5)  # allowed difference of two clocks


def check(config: Config) -> Iterator[Finding]:
    """The findings; the first failing check ends them."""
    try:
        version = _version(config)
    except SQLAlchemyError as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        yield wrong(
            f"The database does not answer ({reason}): check DATABASE_URL, and whether it runs."
        )
        return
    yield _judge(config, version)
    findings = list(_migrations())
    yield from findings
    if not any(finding.is_wrong for finding in findings):
        with unfiltered("whoever runs commands here owns the machine"):
            yield from _content()


def _version(config: Config) -> str:
    asked = "SELECT sqlite_version()" if config.is_sqlite else "SHOW server_version"
    return str(db.session.scalar(text(asked)))


def _judge(config: Config, version: str) -> Finding:
    if not config.is_sqlite:
        return ok(f"PostgreSQL {version} answers.")
    if not is_safe(version):
        return wrong(
            f"SQLite {version} can lose committed rows when two processes write at once (fixed in "
            "3.51.3, 3.50.7 and 3.44.6): run `pip install --upgrade pysqlite3`, or use PostgreSQL."
        )
    return ok(f"SQLite {version} answers.")


def is_safe(version: str) -> bool:
    """Whether this SQLite is free of the WAL race that can lose committed rows.

    >>> [is_safe(v) for v in ("3.44.5", "3.44.6", "3.45.0", "3.50.7", "3.51.2", "3.51.3", "4.0")]
    [False, True, False, True, False, True, True]
    """
    major, minor, patch = (*(int(part) for part in version.split(".")), 0, 0)[:3]
    fixed = FIXED_BRANCHES.get((major, minor))
    return (major, minor, patch) >= FIXED_FROM or (fixed is not None and patch >= fixed)


def _migrations() -> Iterator[Finding]:
    script = ScriptDirectory.from_config(current_app.extensions["migrate"].migrate.get_config())
    present = set(MigrationContext.configure(db.session.connection()).get_current_heads())
    if present == set(script.get_heads()):
        yield ok("The database is of this version.")
    elif not present:
        yield wrong("The database is empty: run `crm init`.")
    elif present <= {revision.revision for revision in script.walk_revisions()}:
        yield wrong("The database is of an older version: back it up, then run `crm init`.")
    else:
        yield wrong("The database is of a newer version: install that version of Comptoir.")


def _content() -> Iterator[Finding]:
    looks: tuple[Callable[[], Iterator[Finding]], ...] = (_admin, _companies, _clock)
    for one in looks:
        yield from one()


def _admin() -> Iterator[Finding]:
    if db.session.execute(active_admins().limit(1)).first() is None:
        yield wrong(
            "Nobody can administer: run `crm init`, which makes the user `admin` where there is "
            "none, or `crm user create … --role Admin`."
        )
    else:
        yield ok("There is an active administrator.")


def _companies() -> Iterator[Finding]:
    companies = db.session.scalars(select(Company).where(Company.active.is_(True))).all()
    if not companies:
        yield wrong("There is no company in use, so no record can be entered: add one.")
    for company in companies:
        try:
            ZoneInfo(company.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            yield wrong(
                f"{company.name} is in the time zone {company.time_zone}, which this machine does "
                "not know: choose another, or run `pip install --upgrade tzdata`."
            )


def _clock() -> Iterator[Finding]:
    """Whether the last journal entry is in the future: the clock was set back."""
    last = db.session.scalar(select(func.max(Journal.at)))
    if last is not None and last > datetime.now(UTC) + SLACK:
        yield wrong(
            f"The last change was written at {last:%Y-%m-%d %H:%M} UTC, which is still to come: "
            "set the clock of this machine."
        )
