"""what changed since is read along an index of each business table"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

LIVE = "deleted_at IS NULL"
OWNED = ("lead", "account", "contact", "opportunity", "quote", "event", "catalog")
TABLES = (*OWNED, "product")


def upgrade():
    for table in TABLES:
        covers = ["owner_id"] if table in OWNED else []
        op.create_index(
            f"ix_{table}_by_changed_on",
            table,
            ["company_id", "changed_on", "id", *covers],
            sqlite_where=sa.text(LIVE),
            postgresql_where=sa.text(LIVE),
        )


def downgrade():
    for table in TABLES:
        op.drop_index(f"ix_{table}_by_changed_on", table)
