"""links by which a recipient refuses further e-mails"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.create_table(
        "unsubscribe_link",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=255), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
            name="fk_unsubscribe_link_message_id_message",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["link_id"],
            ["public_link.id"],
            name="fk_unsubscribe_link_link_id_public_link",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_unsubscribe_link"),
        sa.UniqueConstraint("message_id", name="uq_unsubscribe_link_message_id"),
        sa.UniqueConstraint("link_id", name="uq_unsubscribe_link_link_id"),
    )


def downgrade() -> None:
    op.drop_table("unsubscribe_link")
