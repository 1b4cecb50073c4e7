"""how far the mailbox of replies was read"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    op.create_table(
        "reply_mailbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("validity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reply_mailbox"),
        sa.UniqueConstraint("name", name="uq_reply_mailbox_name"),
    )


def downgrade() -> None:
    op.drop_table("reply_mailbox")
