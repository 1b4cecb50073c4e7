"""rows of the demo are marked, and the first steps on the home page can be hidden"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "demo_row",
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("row_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("changes", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("kind", "row_id", name="pk_demo_row"),
    )
    steps = sa.Column("first_steps", sa.Boolean(), server_default="1", nullable=False)
    op.add_column("app_settings", steps)


def downgrade() -> None:
    op.drop_column("app_settings", "first_steps")
    op.drop_table("demo_row")
