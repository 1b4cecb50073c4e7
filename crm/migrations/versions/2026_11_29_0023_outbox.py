"""the outbox: messages, the tries to send them, their limits; and the regular work of workers"""

import sqlalchemy as sa
from alembic import op

from crm.core import types
from crm.core.search import indexes

revision = "0023"
down_revision = "0022"

# Of one column each, as every link has one.
LINKS = (
    "account_id", "catalog_id", "company_id", "contact_id", "event_id", "lead_id",
    "opportunity_id", "original_id", "owner_id", "quote_id",
)  # fmt: skip
# The orders of the list.
ORDERS = {
    "ix_message_by_created_on": ["company_id", "created_on", "id", "owner_id"],
    "ix_message_by_kind_created_on": ["company_id", "kind", "created_on", "id"],
    "ix_message_by_owner_id_created_on": ["owner_id", "created_on", "id", "company_id"],
    "ix_message_by_state_created_on": ["company_id", "state", "created_on", "id", "owner_id"],
}
# Table → the limit of a minute where nobody sets one.
SETTINGS = {"app_settings": "300", "company_settings": None}


def upgrade() -> None:
    op.create_table(
        "message",
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "free",
                "event_reminder",
                "meeting_reminder",
                "call_reminder",
                "task_reminder",
                "invitation",
                "date_changed",
                "guest_removed",
                "quote",
                "catalog",
                "notice",
                "test",
                name="messagekind",
                native_enum=False,
                length=20,
            ),
            server_default="free",
            nullable=False,
        ),
        sa.Column(
            "direction",
            sa.Enum("outbound", "inbound", name="direction", native_enum=False, length=20),
            server_default="outbound",
            nullable=False,
        ),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("body_html", sa.Text(), server_default="", nullable=False),
        sa.Column("body_text", sa.Text(), server_default="", nullable=False),
        sa.Column("sender_name", sa.String(length=120), server_default="", nullable=False),
        sa.Column("sender_address", sa.String(length=254), server_default="", nullable=False),
        sa.Column("reply_name", sa.String(length=120), server_default="", nullable=False),
        sa.Column("reply_to", sa.String(length=254), nullable=True),
        sa.Column("to_name", sa.String(length=160), server_default="", nullable=False),
        sa.Column("to_address", sa.String(length=254), nullable=True),
        sa.Column("to_relation", sa.String(length=20), server_default="", nullable=False),
        sa.Column(
            "copy",
            sa.Enum("to", "cc", "bcc", name="copy", native_enum=False, length=20),
            server_default="to",
            nullable=False,
        ),
        sa.Column("original_id", sa.Integer(), nullable=True),
        sa.Column("automatic", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("transactional", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "queued",
                "sent",
                "failed",
                "skipped",
                "cancelled",
                name="messagestate",
                native_enum=False,
                length=20,
            ),
            server_default="draft",
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "no_template",
                "no_address",
                "bad_address",
                "do_not_email",
                "feature_off",
                name="skipreason",
                native_enum=False,
                length=20,
            ),
            nullable=True,
        ),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", types.Instant(), nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.Column("sent_at", types.Instant(), nullable=True),
        sa.Column("message_id", sa.String(length=160), nullable=False),
        sa.Column("lease_until", types.Instant(), nullable=True),
        sa.Column("lease_token", sa.String(length=32), nullable=True),
        sa.Column("lead_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=True),
        sa.Column("opportunity_id", sa.Integer(), nullable=True),
        sa.Column("quote_id", sa.Integer(), nullable=True),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("catalog_id", sa.Integer(), nullable=True),
        sa.Column("external_ref", sa.String(length=80), nullable=True),
        sa.Column("deleted_at", types.Instant(), nullable=True),
        sa.Column("search_text", sa.Text(), server_default="", nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_on", types.Instant(), nullable=False),
        sa.Column("changed_on", types.Instant(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name="fk_message_account_id_account",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["catalog_id"],
            ["catalog.id"],
            name="fk_message_catalog_id_catalog",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["ab_user.id"], name="fk_message_changed_by_id_ab_user"
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name="fk_message_company_id_company"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
            name="fk_message_contact_id_contact",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name="fk_message_created_by_id_ab_user"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name="fk_message_event_id_event", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["lead.id"], name="fk_message_lead_id_lead", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["opportunity_id"],
            ["opportunity.id"],
            name="fk_message_opportunity_id_opportunity",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["original_id"],
            ["message.id"],
            name="fk_message_original_id_message",
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["ab_user.id"], name="fk_message_owner_id_ab_user"),
        sa.ForeignKeyConstraint(
            ["quote_id"], ["quote.id"], name="fk_message_quote_id_quote", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
    )
    op.create_table(
        "message_attempt",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("at", types.Instant(), nullable=False),
        sa.Column(
            "answer",
            sa.Enum(
                "accepted", "postponed", "refused", name="answer", native_enum=False, length=20
            ),
            nullable=False,
        ),
        sa.Column("text", sa.String(length=500), server_default="", nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
            name="fk_message_attempt_message_id_message",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_message_attempt"),
    )
    for name in LINKS:
        op.create_index(f"ix_message_{name}", "message", [name])
    live = sa.text("deleted_at IS NULL")
    for name, columns in ORDERS.items():
        op.create_index(name, "message", columns, sqlite_where=live, postgresql_where=live)
    queued = sa.text("state = 'queued'")
    due = ["company_id", "next_try_at"]
    op.create_index("ix_message_due", "message", due, sqlite_where=queued, postgresql_where=queued)
    leased = sa.text("lease_until IS NOT NULL")
    op.create_index(
        "ix_message_lease_until",
        "message",
        ["lease_until"],
        sqlite_where=leased,
        postgresql_where=leased,
    )
    op.create_index("uq_message_cause", "message", ["cause"], unique=True)
    for name in ("at", "message_id"):
        op.create_index(f"ix_message_attempt_{name}", "message_attempt", [name])
    indexes.create(op.get_bind(), ["message"])
    op.create_table(
        "job",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("due_at", types.Instant(), nullable=False),
        sa.Column("lease_until", types.Instant(), nullable=True),
        sa.Column("done_at", types.Instant(), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_job"),
    )
    for table, default in SETTINGS.items():
        limit = sa.Column(
            "mails_per_minute", sa.Integer(), server_default=default, nullable=default is None
        )
        with op.batch_alter_table(table) as settings:
            settings.add_column(limit)
            settings.create_check_constraint(
                op.f(f"ck_{table}_mails_per_minute_range"),
                "mails_per_minute >= 1 AND mails_per_minute <= 100000",
            )


def downgrade() -> None:
    for table in SETTINGS:
        with op.batch_alter_table(table) as settings:
            settings.drop_constraint(op.f(f"ck_{table}_mails_per_minute_range"), type_="check")
            settings.drop_column("mails_per_minute")
    op.drop_table("job")
    indexes.drop(op.get_bind(), ["message"])
    op.drop_table("message_attempt")
    op.drop_table("message")
