"""the message that a link to a catalogue stands in"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    with op.batch_alter_table("catalog_link") as batch:
        batch.add_column(sa.Column("message_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            "fk_catalog_link_message_id_message", "message", ["message_id"], ["id"],
            ondelete="SET NULL",
        )  # fmt: skip
    op.create_index("ix_catalog_link_message_id", "catalog_link", ["message_id"])


def downgrade() -> None:
    op.drop_index("ix_catalog_link_message_id", "catalog_link")
    with op.batch_alter_table("catalog_link") as batch:
        batch.drop_constraint("fk_catalog_link_message_id_message", type_="foreignkey")
        batch.drop_column("message_id")
