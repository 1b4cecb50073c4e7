"""notes and descriptions are rich text: what was plain is carried over, character for character"""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from crm.core.models.rich_text import from_text, to_text

revision = "0021"
down_revision = "0020"

BATCH = 1_000
COLUMNS = (
    ("account", "notes"),
    ("contact", "notes"),
    ("event", "description"),
    ("lead", "description"),
    ("opportunity", "description"),
)


def upgrade() -> None:
    for table, column in COLUMNS:
        _rewrite(table, column, from_text)


def downgrade() -> None:
    for table, column in COLUMNS:
        _rewrite(table, column, to_text)


def _rewrite(name: str, column: str, change: Callable[[str], str]) -> None:
    """Change each text of a column, a batch of rows at a time."""
    bind, last = op.get_bind(), 0
    table = sa.table(name, sa.column("id"), sa.column(column))
    write = sa.update(table).where(table.c.id == sa.bindparam("pk"))
    write = write.values({column: sa.bindparam("text")})
    asked = sa.select(table).where(table.c.id > sa.bindparam("last"), table.c[column] != "")
    asked = asked.order_by(table.c.id).limit(BATCH)
    while rows := bind.execute(asked, {"last": last}).all():
        bind.execute(write, [{"pk": pk, "text": change(text)} for pk, text in rows])
        last = rows[-1][0]
