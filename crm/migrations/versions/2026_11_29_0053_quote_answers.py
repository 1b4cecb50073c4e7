"""the links by which customers answer quotes, and what is kept of an answer"""

import sqlalchemy as sa
from alembic import op

from crm.core import types

revision = "0053"
down_revision = "0052"

COLUMNS = {
    "answered_at": types.Instant(),
    "answered_by": sa.String(length=120),
    "answered_as": sa.String(length=80),
    "answered_from": sa.String(length=45),
}


def upgrade() -> None:
    with op.batch_alter_table("quote") as quote:
        for name, kind in COLUMNS.items():
            quote.add_column(sa.Column(name, kind, nullable=True))
    op.create_table(
        "quote_link",
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("quote_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"], ["public_link.id"], name="fk_quote_link_link_id_public_link",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["quote_id"], ["quote.id"], name="fk_quote_link_quote_id_quote", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name="fk_quote_link_message_id_message",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_quote_link"),
        sa.UniqueConstraint("link_id", name="uq_quote_link_link_id"),
    )  # fmt: skip
    for name in ("quote_id", "message_id"):
        op.create_index(f"ix_quote_link_{name}", "quote_link", [name])


def downgrade() -> None:
    op.drop_table("quote_link")
    with op.batch_alter_table("quote") as quote:
        for name in COLUMNS:
            quote.drop_column(name)
