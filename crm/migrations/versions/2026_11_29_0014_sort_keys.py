"""lists are sorted by what they show: people by the name as shown, texts by their folded keys"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from alembic import op

from crm.core.types import fold

revision = "0014"
down_revision = "0013"

BATCH = 1_000
LIVE = sa.text("deleted_at IS NULL")
# table, new key, length, whether it may be empty
ADDED = (
    ("lead", "organization_key", 160, True),
    ("catalog", "brand_key", 80, True),
    ("company", "city_key", 80, True),
    ("agency", "city_key", 80, True),
    ("agency", "code_key", 12, True),
    ("ab_group", "name_key", 100, False),
)
INDEXED = (("lead", "organization"), ("catalog", "brand"))
NEVER_EMPTY = "name_key"
Texts = Sequence[str | None]


@dataclass(frozen=True)
class Key:
    """A column with the folded text of what is shown of `columns`."""

    name: str
    length: int
    columns: Sequence[str]
    shown: Callable[[Texts], str]

    def of(self, row: Mapping[str, Any]) -> str | None:
        found = fold(self.shown([row[column] for column in self.columns]))[: self.length]
        return found or ("" if self.name == NEVER_EMPTY else None)


def upgrade() -> None:
    for table, key, length, nullable in ADDED:
        default = None if nullable else ""
        column = sa.Column(key, sa.String(length), server_default=default, nullable=nullable)
        op.add_column(table, column)
    keys = [
        *((t, Key(k, length, [k.removesuffix("_key")], _joined)) for t, k, length, _null in ADDED),
        ("lead", Key("name_key", 330, ["first_name", "last_name", "organization"], _person)),
        ("contact", Key("name_key", 255, ["first_name", "last_name"], _joined)),
        ("account", Key("name_key", 255, ["first_name", "name"], _joined)),
        ("ab_user", Key("name_key", 255, ["first_name", "last_name"], _joined)),
    ]
    for table in dict.fromkeys(table for table, _key in keys):
        _fill(table, [key for of, key in keys if of == table])
    for table, text in INDEXED:
        _index(table, text, f"{text}_key")


def downgrade() -> None:
    for table, text in INDEXED:
        _index(table, f"{text}_key", text)
    last_first = "lower(coalesce({0}, '') || ' ' || coalesce(first_name, ''))"
    for table, last in (("contact", "last_name"), ("account", "name"), ("ab_user", "last_name")):
        op.execute(f"UPDATE {table} SET name_key = trim({last_first.format(last)})")  # noqa: S608
    for table, key, _length, _nullable in reversed(ADDED):
        op.drop_column(table, key)


def _joined(texts: Texts) -> str:
    return " ".join(filter(None, texts))


def _person(texts: Texts) -> str:
    return _joined(texts[:2]) or texts[2] or ""


def _fill(name: str, keys: Sequence[Key]) -> None:
    """Fold what is shown into the keys, which SQL cannot do on both databases; each row once."""
    bind, last = op.get_bind(), 0
    columns = [column for key in keys for column in key.columns]
    table = sa.table(name, *map(sa.column, dict.fromkeys(["id", *(k.name for k in keys), *columns])))
    write = sa.update(table).where(table.c.id == sa.bindparam("pk"))
    write = write.values({key.name: sa.bindparam(f"folded_{key.name}") for key in keys})
    asked = sa.select(table).where(table.c.id > sa.bindparam("last"))
    asked = asked.order_by(table.c.id).limit(BATCH)
    while rows := bind.execute(asked, {"last": last}).mappings().all():
        found: list[dict[str, Any]] = [
            {"pk": row["id"], **{f"folded_{key.name}": key.of(row) for key in keys}}
            for row in rows
        ]
        bind.execute(write, found)
        last = rows[-1]["id"]


def _index(table: str, before: str, now: str) -> None:
    op.drop_index(f"ix_{table}_by_{before}", table_name=table)
    op.create_index(
        f"ix_{table}_by_{now}",
        table,
        ["company_id", now, "id", "owner_id"],
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
