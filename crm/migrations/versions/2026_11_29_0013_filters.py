"""filters by what hardly any row has, as a flag that is set, have indexes"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

FLAGS = {
    "lead": ("do_not_call", "key_account"),
    "account": ("do_not_call", "do_not_email", "key_account"),
    "contact": ("do_not_call", "do_not_email"),
}
VALUES = {"opportunity": ("recurring_amount",)}


def upgrade() -> None:
    for table, names in FLAGS.items():
        for name in names:
            _create(table, name, ["company_id", "id", "owner_id"], " = 1", "")
    for table, names in VALUES.items():
        for name in names:
            filled = " IS NOT NULL"
            _create(table, name, ["company_id", name, "id", "owner_id"], filled, filled)


def downgrade() -> None:
    for table, names in (FLAGS | VALUES).items():
        for name in names:
            op.drop_index(f"ix_{table}_{name}", table_name=table)


def _create(table: str, name: str, columns: list[str], sqlite: str, other: str) -> None:
    op.create_index(
        f"ix_{table}_{name}",
        table,
        columns,
        sqlite_where=sa.text(f"deleted_at IS NULL AND {name}{sqlite}"),
        postgresql_where=sa.text(f"deleted_at IS NULL AND {name}{other}"),
    )
