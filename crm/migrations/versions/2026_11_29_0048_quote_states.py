"""quotes have a number, versions and all their states; the settings that these obey"""

import json

import sqlalchemy as sa
from alembic import op

from crm.core import types

revision = "0048"
down_revision = "0047"

LINKS = (
    ("approved_by_id", "ab_user"),
    ("finalised_by_id", "ab_user"),
    ("signed_pdf_id", "stored_file"),
    ("replaces_id", "quote"),
)
LIVE = sa.text("deleted_at IS NULL")
LATER = ("finalised", "sent", "accepted", "refused", "expired", "cancelled", "replaced")
INDEXES = {
    "ix_quote_by_number": ["company_id", "number", "id", "owner_id"],
    "ix_quote_by_status_valid_until": ["company_id", "status", "valid_until", "id", "owner_id"],
}


def _columns() -> list[sa.Column]:
    return [
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("approved_at", types.Instant(), nullable=True),
        sa.Column("finalised_at", types.Instant(), nullable=True),
        sa.Column("sent_at", types.Instant(), nullable=True),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("accepted_by", sa.String(length=120), nullable=True),
        sa.Column("refused_on", sa.Date(), nullable=True),
        sa.Column("refusal_reason", sa.Text(), nullable=True),
        sa.Column("cancelled_on", sa.Date(), nullable=True),
        sa.Column("cancellation_reason", sa.Text(), nullable=True),
        sa.Column("replaced_status", sa.String(length=20), nullable=True),
    ]


def upgrade() -> None:
    with op.batch_alter_table("quote") as batch:
        for column in _columns():
            batch.add_column(column)
        for name, target in LINKS:
            batch.add_column(sa.Column(name, sa.Integer(), nullable=True))
            batch.create_foreign_key(f"fk_quote_{name}_{target}", target, [name], ["id"])
            batch.create_index(f"ix_quote_{name}", [name])
        for name, columns in INDEXES.items():
            batch.create_index(name, columns, sqlite_where=LIVE, postgresql_where=LIVE)
        batch.create_index(
            "uq_quote_number", ["company_id", "number", "version"], unique=True,
            sqlite_where=LIVE, postgresql_where=LIVE,
        )  # fmt: skip
    _company_settings()
    _app_settings()


def _company_settings() -> None:
    prefix = sa.Column("quote_prefix", sa.String(length=8), server_default="D", nullable=False)
    padding = sa.Column("quote_padding", sa.Integer(), server_default="5", nullable=False)
    with op.batch_alter_table("company_settings") as batch:
        batch.add_column(prefix)
        batch.add_column(padding)
        batch.create_check_constraint(
            op.f("ck_company_settings_quote_padding_range"),
            "quote_padding >= 1 AND quote_padding <= 10",
        )


def _app_settings() -> None:
    ceiling = sa.Column("quote_discount_ceiling", types.Exact(2), nullable=True)
    wins = sa.Column("win_on_quote_acceptance", sa.Boolean(), server_default="1", nullable=False)
    with op.batch_alter_table("app_settings") as batch:
        batch.add_column(ceiling)
        batch.add_column(wins)
        batch.add_column(sa.Column("proposal_stage_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            "fk_app_settings_proposal_stage_id_stage", "stage", ["proposal_stage_id"], ["id"]
        )
        batch.create_index("ix_app_settings_proposal_stage_id", ["proposal_stage_id"])
    # The table as these columns are read and written: SQLite keeps a decimal as a whole number.
    settings = sa.table(
        "app_settings",
        sa.column("quote_discount_ceiling", types.Exact(2)),
        sa.column("proposal_stage_id"),
    )
    op.execute(
        settings.update().values(quote_discount_ceiling=15, proposal_stage_id=_proposal_stage())
    )
    with op.batch_alter_table("app_settings") as batch:
        batch.alter_column("quote_discount_ceiling", existing_type=types.Exact(2), nullable=False)
        batch.create_check_constraint(
            op.f("ck_app_settings_quote_discount_ceiling_range"), "quote_discount_ceiling >= 0"
        )


def _proposal_stage() -> int | None:
    """The shipped stage, where it is in use and nobody has renamed it."""
    stages = op.get_bind().execute(
        sa.text("SELECT id, name FROM stage WHERE kind = 'open' AND active ORDER BY id")
    )
    for pk, name in stages:
        words = json.loads(name) if isinstance(name, str) else name
        if words.get("en") == "Proposal":
            return int(pk)
    return None


def downgrade() -> None:
    with op.batch_alter_table("app_settings") as batch:
        batch.drop_constraint(
            op.f("ck_app_settings_quote_discount_ceiling_range"), type_="check"
        )
        batch.drop_index("ix_app_settings_proposal_stage_id")
        batch.drop_constraint("fk_app_settings_proposal_stage_id_stage", type_="foreignkey")
        for name in ("proposal_stage_id", "win_on_quote_acceptance", "quote_discount_ceiling"):
            batch.drop_column(name)
    with op.batch_alter_table("company_settings") as batch:
        batch.drop_constraint(op.f("ck_company_settings_quote_padding_range"), type_="check")
        batch.drop_column("quote_padding")
        batch.drop_column("quote_prefix")
    with op.batch_alter_table("quote") as batch:
        for name in ("uq_quote_number", *INDEXES):
            batch.drop_index(name)
        for name, target in LINKS:
            batch.drop_index(f"ix_quote_{name}")
            batch.drop_constraint(f"fk_quote_{name}_{target}", type_="foreignkey")
            batch.drop_column(name)
        for column in _columns():
            batch.drop_column(column.name)
    # The versions before know drafts alone.
    quote = sa.table("quote", sa.column("status"))
    op.execute(quote.update().where(quote.c.status.in_(LATER)).values(status="draft"))
