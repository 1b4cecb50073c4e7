"""notices by mail, and notices of messages that were not sent"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

OF_MESSAGE = sa.text("message_id IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("notice") as table:
        table.add_column(sa.Column("message_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("in_page", sa.Boolean(), server_default="1", nullable=False))
        table.add_column(sa.Column("to_mail", sa.Boolean(), server_default="0", nullable=False))
        table.create_foreign_key(
            "fk_notice_message_id_message", "message", ["message_id"], ["id"], ondelete="SET NULL"
        )
    op.create_index(
        "ix_notice_message",
        "notice",
        ["message_id"],
        sqlite_where=OF_MESSAGE,
        postgresql_where=OF_MESSAGE,
    )
    op.create_index(
        "ix_notice_to_mail",
        "notice",
        ["id"],
        sqlite_where=sa.text("to_mail = 1"),
        postgresql_where=sa.text("to_mail"),
    )
    by_mail = sa.Column("by_mail", sa.Boolean(), server_default="0", nullable=False)
    op.add_column("notice_choice", by_mail)


def downgrade() -> None:
    op.drop_column("notice_choice", "by_mail")
    op.drop_index("ix_notice_to_mail", table_name="notice")
    op.drop_index("ix_notice_message", table_name="notice")
    with op.batch_alter_table("notice") as table:
        table.drop_constraint("fk_notice_message_id_message", type_="foreignkey")
        for name in ("to_mail", "in_page", "message_id"):
            table.drop_column(name)
