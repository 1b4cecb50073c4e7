"""an index of the events that last more than a month, so that a calendar reads no older ones"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"

LIVE = "deleted_at IS NULL AND "


def upgrade() -> None:
    op.create_index(
        "ix_event_long",
        "event",
        ["ends_at"],
        sqlite_where=sa.text(LIVE + "julianday(ends_at) - julianday(starts_at) > 31"),
        postgresql_where=sa.text(LIVE + "ends_at - starts_at > interval '31 days'"),
    )


def downgrade() -> None:
    op.drop_index("ix_event_long", table_name="event")
