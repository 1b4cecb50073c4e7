"""public links, and those to catalogues"""

import sqlalchemy as sa
from alembic import op

from crm.core import types

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "public_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("created_on", types.Instant(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("expires_at", types.Instant(timezone=True), nullable=False),
        sa.Column("revoked_at", types.Instant(timezone=True), nullable=True),
        sa.Column("first_opened_at", types.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], ondelete="CASCADE",
            name="fk_public_link_company_id_company",
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["ab_user.id"], name="fk_public_link_created_by_id_ab_user"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_public_link"),
        sa.UniqueConstraint("token_hash", name="uq_public_link_token_hash"),
    )  # fmt: skip
    op.create_index("ix_public_link_company_id", "public_link", ["company_id"])
    op.create_index("ix_public_link_expires_at", "public_link", ["expires_at"])
    op.create_table(
        "catalog_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("catalog_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"], ["public_link.id"], ondelete="CASCADE",
            name="fk_catalog_link_link_id_public_link",
        ),
        sa.ForeignKeyConstraint(
            ["catalog_id"], ["catalog.id"], ondelete="CASCADE",
            name="fk_catalog_link_catalog_id_catalog",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_catalog_link"),
        sa.UniqueConstraint("link_id", name="uq_catalog_link_link_id"),
    )  # fmt: skip
    op.create_index("ix_catalog_link_catalog_id", "catalog_link", ["catalog_id"])


def downgrade() -> None:
    op.drop_table("catalog_link")
    op.drop_table("public_link")
