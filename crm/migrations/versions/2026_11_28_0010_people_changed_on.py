"""a group knows when it was changed, and no user is without that"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ab_group", sa.Column("changed_on", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE ab_group SET changed_on = CURRENT_TIMESTAMP")
    op.execute(
        "UPDATE ab_user SET changed_on = coalesce(changed_on, created_on, CURRENT_TIMESTAMP)"
    )


def downgrade() -> None:
    with op.batch_alter_table("ab_group") as group:
        group.drop_column("changed_on")
