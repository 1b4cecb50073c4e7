"""messages have attachments"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.create_table(
        "message_attachment",
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["message.id"],
            name="fk_message_attachment_message_id_message",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name="fk_message_attachment_file_id_stored_file"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_message_attachment"),
    )
    for name in ("message_id", "file_id"):
        op.create_index(f"ix_message_attachment_{name}", "message_attachment", [name])


def downgrade() -> None:
    op.drop_table("message_attachment")
