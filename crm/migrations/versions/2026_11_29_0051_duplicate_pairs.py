"""the pairs of records that a check found, and those that somebody dismissed"""

import sqlalchemy as sa
from alembic import op

from crm.core.types import Instant

revision = "0051"
down_revision = "0050"


def _pair() -> list[sa.Column]:
    return [
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("low_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("high_id", sa.Integer(), autoincrement=False, nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "duplicate_pair",
        *_pair(),
        sa.Column("run", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "low_id", "high_id", "run", name="pk_duplicate_pair"),
    )
    op.create_index(
        "ix_duplicate_pair_group_id", "duplicate_pair", ["kind", "run", "group_id"]
    )
    op.create_table(
        "duplicate_dismissal",
        *_pair(),
        sa.Column("fingerprint", sa.BigInteger(), nullable=False),
        sa.Column("dismissed_on", Instant(), nullable=False),
        sa.Column("dismissed_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dismissed_by_id"],
            ["ab_user.id"],
            name="fk_duplicate_dismissal_dismissed_by_id_ab_user",
        ),
        sa.PrimaryKeyConstraint("kind", "low_id", "high_id", name="pk_duplicate_dismissal"),
    )
    op.create_table(
        "duplicate_check",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("run", sa.Integer(), server_default="0", nullable=False),
        sa.Column("asked_at", Instant(), nullable=True),
        sa.Column("checked_at", Instant(), nullable=True),
        sa.Column("crowded", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_duplicate_check"),
    )


def downgrade() -> None:
    for name in ("duplicate_check", "duplicate_dismissal"):
        op.drop_table(name)
    op.drop_index("ix_duplicate_pair_group_id", table_name="duplicate_pair")
    op.drop_table("duplicate_pair")
