"""addresses of calendar feeds"""

import sqlalchemy as sa
from alembic import op

from crm.core.types import Instant

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("last_fetched_at", Instant(), nullable=True),
        sa.Column("last_client", sa.String(60), nullable=True),
        sa.Column("tag", sa.String(64), nullable=True),
        sa.Column("changed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name="fk_calendar_feed_user_id_ab_user", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_feed"),
        sa.UniqueConstraint("user_id", "kind", name="uq_calendar_feed_user_id"),
        sa.UniqueConstraint("token_hash", name="uq_calendar_feed_token_hash"),
    )


def downgrade() -> None:
    op.drop_table("calendar_feed")
