"""saved reports that people pinned to their home or to a dashboard"""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"


def upgrade() -> None:
    op.create_table(
        "report_pin",
        sa.Column("saved_view_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(20), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["saved_view_id"],
            ["saved_view.id"],
            name="fk_report_pin_saved_view_id_saved_view",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["ab_user.id"],
            name="fk_report_pin_user_id_ab_user",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_report_pin"),
        sa.UniqueConstraint(
            "user_id", "place", "saved_view_id", name="uq_report_pin_user_id"
        ),
    )
    op.create_index("ix_report_pin_saved_view_id", "report_pin", ["saved_view_id"])


def downgrade() -> None:
    op.drop_table("report_pin")
