"""the entries of rows that were deleted for good have an index: other systems ask for them"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

PURGED = sa.text("action = 'purged'")


def upgrade() -> None:
    op.create_index(
        "ix_journal_purged",
        "journal",
        ["kind", "id"],
        sqlite_where=PURGED,
        postgresql_where=PURGED,
    )


def downgrade() -> None:
    op.drop_index("ix_journal_purged", table_name="journal")
