"""Rows in every table of a database, whatever its version: made from what the database itself says.

Row n of a table points to row n of the others, so that the order of the tables does not matter.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    MetaData,
    Numeric,
    String,
    Table,
    insert,
    inspect,
    text,
)

from crm.core.search.indexes import PREFIX

ROWS = 3
ONE_ROW = {"app_settings"}  # a CHECK holds it to one
Contents = dict[str, list[dict[str, str]]]


def fill(connection: Connection) -> None:
    """Rows in every table but Alembic's own; foreign keys are off while they are written."""
    metadata = MetaData()
    metadata.reflect(connection, only=lambda name, _: not name.startswith(PREFIX))
    for table in metadata.tables.values():
        if table.name != "alembic_version":
            count = 1 if table.name in ONE_ROW else ROWS
            rows = [_row(table, number) for number in range(1, count + 1)]
            connection.execute(insert(table), rows)


def _row(table: Table, number: int) -> dict[str, Any]:
    return {column.name: _value(column, number) for column in table.c}


def _value(column: Column[Any], number: int) -> Any:
    match column.type:
        case Boolean():
            return number % 2 == 0
        case JSON():
            return {"fr": f"É{number}", "en": f"{column.name} {number}"}
        case DateTime():
            return datetime(2026, 1, number, 9, 30, 15, tzinfo=UTC).replace(tzinfo=None)
        case Date():
            return date(2026, 1, number)
        case Numeric():
            return number
        case String():
            return f"{number}{column.name}"[: column.type.length]
        case _:
            return number


def contents(connection: Connection) -> Contents:
    """Every row of every table as text, Alembic's own table apart."""
    return {
        table: sorted(_told(connection, table), key=lambda row: sorted(row.items()))
        for table in inspect(connection).get_table_names()
        if table != "alembic_version" and not table.startswith(PREFIX)
    }


def _told(connection: Connection, table: str) -> Iterator[dict[str, str]]:
    for row in connection.execute(text(f'SELECT * FROM "{table}"')):  # noqa: S608  a name of ours
        yield {name: repr(value) for name, value in row._mapping.items()}


def schema(connection: Connection) -> dict[str, Any]:
    """What a rebuilt table must have again: columns, keys, indexes and CHECKs."""
    look = inspect(connection)
    found: dict[str, Any] = {}
    for table in look.get_table_names():
        if table.startswith(PREFIX):
            continue
        columns = [(c["name"], str(c["type"]), c["nullable"]) for c in look.get_columns(table)]
        keys = [
            (k["constrained_columns"], k["referred_table"], k["options"])
            for k in look.get_foreign_keys(table)
        ]
        found[table] = (
            sorted(map(str, columns)),
            sorted(map(str, keys)),
            sorted(str(one["name"]) for one in look.get_check_constraints(table)),
            sorted(str(one["column_names"]) for one in look.get_unique_constraints(table)),
        )
    found["indexes"] = sorted(_indexes(connection))
    return found


def _indexes(connection: Connection) -> Iterator[str]:
    """Their SQL, by which an index over an expression is seen too; triggers keep one of search."""
    asked = (
        "SELECT sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql > ''"
        if connection.dialect.name == "sqlite"
        else "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
    )
    yield from (row[0].replace('"', "") for row in connection.execute(text(asked)))
