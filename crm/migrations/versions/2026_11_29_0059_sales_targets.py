"""targets of salespeople by quarter"""

import sqlalchemy as sa
from alembic import op

from crm.core.types import Instant, Money

revision = "0059"
down_revision = "0058"

TABLE = "sales_target"
KEY = ["company_id", "owner_id", "quarter", "currency"]


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", Money(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("row_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_on", Instant(), nullable=False),
        sa.Column("changed_on", Instant(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_sales_target_amount_range")),
        _key("company_id", "company"),
        *(_key(name, "ab_user") for name in ("owner_id", "created_by_id", "changed_by_id")),
        sa.PrimaryKeyConstraint("id", name="pk_sales_target"),
    )
    op.create_index("ix_sales_target_owner_id", TABLE, ["owner_id"])
    op.create_index("uq_sales_target_owner", TABLE, KEY, unique=True)


def _key(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{table}.id"], name=f"fk_{TABLE}_{column}_{table}"
    )


def downgrade() -> None:
    op.drop_table(TABLE)
