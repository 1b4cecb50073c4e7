"""what each person last ticked beside the calendar"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    op.create_table(
        "calendar_choice",
        sa.Column("shown", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["ab_user.id"],
            name="fk_calendar_choice_user_id_ab_user",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_choice"),
        sa.UniqueConstraint("user_id", name="uq_calendar_choice_user_id"),
    )


def downgrade() -> None:
    op.drop_table("calendar_choice")
