"""the record that a lead, an account or a contact was merged into"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"

TABLES = ("lead", "account", "contact")
MERGED = "merged_into_id IS NOT NULL"


def upgrade() -> None:
    for name in TABLES:
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
            table.create_foreign_key(
                f"fk_{name}_merged_into_id_{name}", name, ["merged_into_id"], ["id"]
            )
        op.create_index(
            f"ix_{name}_merged_into_id",
            name,
            ["merged_into_id"],
            sqlite_where=sa.text(MERGED),
            postgresql_where=sa.text(MERGED),
        )


def downgrade() -> None:
    for name in TABLES:
        op.drop_index(f"ix_{name}_merged_into_id", table_name=name)
        with op.batch_alter_table(name) as table:
            table.drop_constraint(f"fk_{name}_merged_into_id_{name}", type_="foreignkey")
            table.drop_column("merged_into_id")
