"""how each person arranged the home page"""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"


def upgrade() -> None:
    op.create_table(
        "home_layout",
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("hidden", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["ab_user.id"],
            name="fk_home_layout_user_id_ab_user",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_home_layout"),
        sa.UniqueConstraint("user_id", name="uq_home_layout_user_id"),
    )


def downgrade() -> None:
    op.drop_table("home_layout")
