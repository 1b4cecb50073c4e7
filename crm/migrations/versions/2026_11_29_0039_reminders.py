"""events have reminders; people have a default one and a digest of the day"""

import sqlalchemy as sa
from alembic import op

from crm.core.types import Instant

revision = "0039"
down_revision = "0038"

WAITING = "status = 'waiting' AND queued_at IS"


def upgrade() -> None:
    op.add_column(
        "ab_user",
        sa.Column(
            "default_reminder", sa.String(length=8), server_default="company", nullable=False
        ),
    )
    op.add_column("ab_user", sa.Column("digest_at", sa.String(length=5), nullable=True))
    op.add_column("ab_user", sa.Column("digest_on", sa.Date(), nullable=True))
    with op.batch_alter_table("company_settings") as table:
        table.add_column(
            sa.Column(
                "default_reminder_minutes", sa.Integer(), server_default="30", nullable=True
            )
        )
        table.create_check_constraint(
            op.f("ck_company_settings_default_reminder_minutes_range"),
            "default_reminder_minutes >= 0 AND default_reminder_minutes <= 40320",
        )
    op.create_table(
        "event_reminder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=20), server_default="before", nullable=False),
        sa.Column("amount", sa.Integer(), nullable=True),
        sa.Column("unit", sa.String(length=20), server_default="days", nullable=False),
        sa.Column("at", Instant(), nullable=True),
        sa.Column("recipients", sa.String(length=20), server_default="me", nullable=False),
        sa.Column("channel", sa.String(length=20), server_default="both", nullable=False),
        sa.Column("status", sa.String(length=20), server_default="waiting", nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.Column("detail", sa.String(length=500), nullable=True),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("status_at", Instant(), nullable=True),
        sa.Column("queued_at", Instant(), nullable=True),
        sa.Column("skipped", sa.JSON(), server_default="[]", nullable=False),
        sa.CheckConstraint(
            "amount >= 0 AND amount <= 999", name=op.f("ck_event_reminder_amount_range")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name="fk_event_reminder_event_id_event", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["ab_user.id"], name="fk_event_reminder_user_id_ab_user",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_event_reminder"),
    )  # fmt: skip
    for name in ("event_id", "user_id"):
        op.create_index(f"ix_event_reminder_{name}", "event_reminder", [name])
    for name, condition in (("due", "NULL"), ("queued", "NOT NULL")):
        where = sa.text(f"{WAITING} {condition}")
        op.create_index(
            f"ix_event_reminder_{name}", "event_reminder", [f"{name}_at"],
            sqlite_where=where, postgresql_where=where,
        )  # fmt: skip


def downgrade() -> None:
    op.drop_table("event_reminder")
    with op.batch_alter_table("company_settings") as table:
        table.drop_constraint(
            op.f("ck_company_settings_default_reminder_minutes_range"), type_="check"
        )
        table.drop_column("default_reminder_minutes")
    for name in ("digest_on", "digest_at", "default_reminder"):
        op.drop_column("ab_user", name)
