"""lists are sorted by what they show: people by the name as shown, texts by their folded keys"""

from collections.abc import Callable, Sequence
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
Texts = Sequence[str | None]


def upgrade() -> None:
    for table, key, length, nullable in ADDED:
        default = None if nullable else ""
        column = sa.Column(key, sa.String(length), server_default=default, nullable=nullable)
        op.add_column(table, column)
        _fill(table, key, [key.removesuffix("_key")], length, _first, None if nullable else "")
    _fill("lead", "name_key", ["first_name", "last_name", "organization"], 330, _person)
    _fill("contact", "name_key", ["first_name", "last_name"], 255, _joined)
    _fill("account", "name_key", ["first_name", "name"], 255, _joined)
    _fill("ab_user", "name_key", ["first_name", "last_name"], 255, _joined)
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


def _first(texts: Texts) -> str:
    return texts[0] or ""


def _joined(texts: Texts) -> str:
    return " ".join(filter(None, texts))


def _person(texts: Texts) -> str:
    return _joined(texts[:2]) or texts[2] or ""


def _fill(
    name: str,
    key: str,
    columns: Sequence[str],
    length: int,
    shown: Callable[[Texts], str],
    empty: str | None = "",
) -> None:
    """Fold what is shown of these columns into `key`, which SQL cannot do on both databases."""
    bind, last = op.get_bind(), 0
    table = sa.table(name, *map(sa.column, ("id", key, *columns)))
    write = sa.update(table).where(table.c.id == sa.bindparam("pk"))
    write = write.values({key: sa.bindparam("folded")})
    asked = sa.select(table.c.id, *(table.c[column] for column in columns)).order_by(table.c.id)
    asked = asked.where(table.c.id > sa.bindparam("last")).limit(BATCH)
    while rows := bind.execute(asked, {"last": last}).all():
        found: list[dict[str, Any]] = [
            {"pk": row[0], "folded": fold(shown(row[1:]))[:length] or empty} for row in rows
        ]
        bind.execute(write, found)
        last = rows[-1][0]


def _index(table: str, before: str, now: str) -> None:
    op.drop_index(f"ix_{table}_by_{before}", table_name=table)
    op.create_index(
        f"ix_{table}_by_{now}",
        table,
        ["company_id", now, "id", "owner_id"],
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
