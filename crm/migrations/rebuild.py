"""Rebuilding tables in migrations on SQLite, without losing rows, indexes or triggers.

SQLite cannot alter most of a table: Alembic makes a new one, copies the rows and drops the old
one. With foreign keys on, DROP TABLE deletes the rows one by one first, and the children with them.
"""

import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic.ddl.sqlite import SQLiteImpl
from alembic.util import CommandError
from sqlalchemy import Connection, Integer, Table

Missing = Counter[tuple[str, str]]  # (table, the table it points to) → rows without their target


class KeepingIndexes(SQLiteImpl):
    """Alembic's SQLite, for every migration: a rebuilt table has its indexes and triggers again.

    SQLAlchemy 2.1 does not reflect an index over an expression, nor a trigger, so Alembic 1.20
    forgets them. The search index, which triggers keep, holds keys: they stay as they are. So do
    the keys that were given away: AUTOINCREMENT is not reflected either, and counts by table name.
    """

    __dialect__ = "sqlite"

    def prep_table_for_batch(self, batch_impl: Any, table: Any) -> None:
        super().prep_table_for_batch(batch_impl, table)
        seen = {index.name for index in table.indexes}
        self.unseen = [sql for name, sql in self._made_for(table.name) if name not in seen]
        self.last_key = self._last_key(table.name)

    def create_table(self, table: Table, **how: Any) -> None:
        """Let SQLite never give the key of a deleted row to a new one, as PostgreSQL does.

        An old page, token or journal entry would take the one for the other.
        """
        keys = list(table.primary_key)
        if len(keys) == 1 and isinstance(keys[0].type, Integer) and not keys[0].foreign_keys:
            table.dialect_options["sqlite"]["autoincrement"] = True
        super().create_table(table, **how)

    def rename_table(self, old_table_name: str, new_table_name: Any, schema: Any = None) -> None:
        super().rename_table(old_table_name, new_table_name, schema)
        for sql in self.__dict__.pop("unseen", ()):
            self._exec(sql)
        if last := self.__dict__.pop("last_key", None):
            # The copied rows left a line there; a table that was emptied has none yet.
            self._exec(f"DELETE FROM sqlite_sequence WHERE name = '{new_table_name}'")  # noqa: S608
            self._exec(f"INSERT INTO sqlite_sequence VALUES ('{new_table_name}', {last})")  # noqa: S608

    def _last_key(self, table: str) -> int | None:
        """The last key that the table gave to a row, whether or not the row is still there."""
        connection: Any = self.connection
        counted = "SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"
        if connection.exec_driver_sql(counted).first() is None:
            return None  # no table counts yet
        asked = "SELECT seq FROM sqlite_sequence WHERE name = ?"
        found: int | None = connection.exec_driver_sql(asked, (table,)).scalar()
        return found

    def _made_for(self, table: str) -> list[tuple[str, str]]:
        """(name, CREATE …) of the table's triggers, and indexes that are not a constraint's own."""
        found = self.connection.exec_driver_sql(  # type: ignore[union-attr]  # it is running
            "SELECT name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql > ''"
            " AND tbl_name = ?",
            (table,),
        )
        return [(row[0], row[1]) for row in found]


@contextmanager
def allowed(connection: Connection) -> Iterator[None]:
    """A transaction in which tables may be rebuilt: all of what is done inside, or nothing.

    Raises CommandError where rows would point to nothing afterwards.
    """
    if connection.dialect.name != "sqlite":
        with connection.begin():
            yield
        return
    with _without_foreign_keys(connection), _known_warning(), connection.begin():
        _take_write_lock(connection)
        before = _missing(connection)
        yield
        _refuse(_missing(connection) - before)


@contextmanager
def _without_foreign_keys(connection: Connection) -> Iterator[None]:
    """Within a transaction the pragma does nothing, so the driver is asked, which begins none."""
    driver: Any = connection.connection.dbapi_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _take_write_lock(connection: Connection) -> None:
    """Nobody writes from here on: what is copied and counted is what is then migrated."""
    driver: Any = connection.connection.dbapi_connection
    driver.execute("ROLLBACK")
    driver.execute("BEGIN IMMEDIATE")


@contextmanager
def _known_warning() -> Iterator[None]:
    """What SQLAlchemy says of an index that it does not see: KeepingIndexes sees to it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based")
        yield


def _missing(connection: Connection) -> Missing:
    found = connection.exec_driver_sql('SELECT "table", parent FROM pragma_foreign_key_check')
    return Counter((table, parent) for table, parent in found)


def _refuse(missing: Missing) -> None:
    if not missing:
        return
    told = ", ".join(
        f"{number} of {table} to {parent}" for (table, parent), number in sorted(missing.items())
    )
    raise CommandError(
        f"After this migration rows would point to rows that are not there: {told}. "
        "Nothing was changed."
    )
