"""saved reports are sent by e-mail"""

import sqlalchemy as sa
from alembic import op

from crm.core.types import Instant

revision = "0062"
down_revision = "0061"

SCHEDULE, RECIPIENT = "report_schedule", "report_recipient"


def upgrade() -> None:
    op.create_table(
        SCHEDULE,
        sa.Column("saved_view_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("every", sa.String(length=20), nullable=False),
        sa.Column("day", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("at", sa.String(length=5), nullable=False),
        sa.Column("only_rows", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("with_csv", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        _link(SCHEDULE, "saved_view_id", "saved_view", "SET NULL"),
        _link(SCHEDULE, "user_id", "ab_user", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_report_schedule"),
    )
    for name in ("user_id", "saved_view_id", "due_at"):
        op.create_index(f"ix_{SCHEDULE}_{name}", SCHEDULE, [name])
    op.create_table(
        RECIPIENT,
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("unsubscribed_at", Instant(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("detail", sa.String(length=300), server_default="", nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        _link(RECIPIENT, "schedule_id", SCHEDULE, "CASCADE"),
        _link(RECIPIENT, "message_id", "message", "SET NULL"),
        _link(RECIPIENT, "user_id", "ab_user", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_report_recipient"),
        sa.UniqueConstraint("schedule_id", "user_id", name="uq_report_recipient_schedule_id"),
    )
    for name in ("user_id", "message_id"):
        op.create_index(f"ix_{RECIPIENT}_{name}", RECIPIENT, [name])


def downgrade() -> None:
    op.drop_table(RECIPIENT)
    op.drop_table(SCHEDULE)


def _link(table: str, column: str, target: str, ondelete: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{target}"
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=ondelete)
