"""A backup of the SQLite file beside it, taken before an upgrade."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
from alembic.util import CommandError
from sqlalchemy import Connection

KEPT = 3  # copies; older ones are removed


def keep(connection: Connection) -> Path | None:
    """Copy the database as of the start of this transaction. Returns the path of the copy.

    A second connection reads the last committed state, WAL included, while ours holds the lock.
    Raises CommandError where there is no room, or no right to write there.
    """
    path = Path(connection.engine.url.database or "")
    if connection.dialect.name != "sqlite" or not path.is_file():
        return None
    copy = path.with_name(f"{path.name}.{datetime.now(UTC):%Y%m%d-%H%M%S}.before-upgrade")
    try:
        _copy(path, copy)
    except (OSError, sqlite3.Error) as error:
        raise CommandError(
            f"The database could not be copied to {copy} before the upgrade ({error}). "
            "Nothing was changed."
        ) from error
    for old in copies(path)[:-KEPT]:
        old.unlink(missing_ok=True)
    click.echo(f"The database as it was before this upgrade is kept in {copy}")
    return copy


def copies(path: Path) -> list[Path]:
    """The copies of this database, oldest first."""
    return sorted(path.parent.glob(f"{path.name}.*.before-upgrade"))


def _copy(path: Path, copy: Path) -> None:
    """Copy to a temporary name, then rename; with the permissions of the original."""
    draft = copy.with_suffix(".unfinished")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    shutil.copymode(path, draft)
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(draft)) as target:
            source.backup(target)
        draft.replace(copy)
    finally:
        draft.unlink(missing_ok=True)
