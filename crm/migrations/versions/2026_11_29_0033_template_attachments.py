"""templates have attachments"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.create_table(
        "template_attachment",
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["template.id"],
            name="fk_template_attachment_template_id_template",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name="fk_template_attachment_file_id_stored_file"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_template_attachment"),
    )
    for name in ("template_id", "file_id"):
        op.create_index(f"ix_template_attachment_{name}", "template_attachment", [name])


def downgrade() -> None:
    op.drop_table("template_attachment")
