"""each record keeps the words it is found by, and each table has an index of them"""

import sqlalchemy as sa
from alembic import op

from crm.core.models.words import words_of_value
from crm.core.search import indexes

revision = "0006"
down_revision = "0005"

BATCH = 1_000
# table → column → kind, in the order in which the words are kept.
SEARCHED = {
    "account": {
        "name": "text", "first_name": "text", "reference": "text", "siren": "siren",
        "siret": "siret", "email": "email", "phone": "phone", "mobile": "phone",
    },
    "catalog": {"name": "text", "brand": "text"},
    "contact": {
        "last_name": "text", "first_name": "text", "email": "email", "phone": "phone",
        "mobile": "phone",
    },
    "event": {"subject": "text"},
    "lead": {
        "organization": "text", "first_name": "text", "last_name": "text", "email": "email",
        "phone": "phone", "mobile": "phone",
    },
    "opportunity": {"name": "text", "reference": "text"},
    "product": {"name": "text", "code": "text"},
    "quote": {"title": "text"},
}  # fmt: skip


def upgrade() -> None:
    for name in SEARCHED:
        op.add_column(
            name, sa.Column("search_text", sa.Text(), server_default="", nullable=False)
        )
        _fill(name)
    indexes.create(op.get_bind(), SEARCHED)


def downgrade() -> None:
    indexes.drop(op.get_bind(), SEARCHED)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION search_parts(text)")
    for name in SEARCHED:
        op.drop_column(name, "search_text")


def _fill(name: str) -> None:
    kinds, bind, last = SEARCHED[name], op.get_bind(), 0
    table = sa.table(name, *map(sa.column, ("id", "search_text", *kinds)))
    columns = [table.c[column] for column in ("id", *kinds)]
    write = (
        sa.update(table)
        .where(table.c.id == sa.bindparam("pk"))
        .values(search_text=sa.bindparam("words"))
    )
    asked = sa.select(*columns).where(table.c.id > sa.bindparam("last")).order_by(table.c.id)
    while rows := bind.execute(asked.limit(BATCH), {"last": last}).all():
        bind.execute(write, [{"pk": row[0], "words": _words(kinds, row[1:])} for row in rows])
        last = rows[-1][0]


def _words(kinds: dict[str, str], values: tuple[str | None, ...]) -> str:
    found: dict[str, None] = {}
    for kind, value in zip(kinds.values(), values, strict=True):
        if value:
            found.update(dict.fromkeys(words_of_value(kind, value)))
    return " ".join(found)
