"""events repeat: series"""

import sqlalchemy as sa
from alembic import op

from crm.core.types import Instant

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.create_table(
        "event_series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("frequency", sa.String(length=20), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("weekdays", sa.String(length=7), nullable=False),
        sa.Column("day", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_event_series"),
        sa.UniqueConstraint("uid", name="uq_event_series_uid"),
    )
    with op.batch_alter_table("event") as event:
        event.add_column(sa.Column("series_id", sa.Integer(), nullable=True))
        event.add_column(sa.Column("original_start", Instant(), nullable=True))
        apart = sa.Column("changed_apart", sa.Text(), server_default="", nullable=False)
        event.add_column(apart)
        event.create_foreign_key(
            "fk_event_series_id_event_series", "event_series", ["series_id"], ["id"]
        )
    op.create_index("ix_event_series_id", "event", ["series_id"])


def downgrade() -> None:
    op.drop_index("ix_event_series_id", table_name="event")
    with op.batch_alter_table("event") as event:
        event.drop_constraint("fk_event_series_id_event_series", type_="foreignkey")
        for name in ("changed_apart", "original_start", "series_id"):
            event.drop_column(name)
    op.drop_table("event_series")
