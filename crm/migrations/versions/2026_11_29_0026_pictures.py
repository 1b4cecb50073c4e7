"""photos of people, logos of companies"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

COLUMNS = (("ab_user", "picture_id"), ("company", "logo_id"))


def upgrade() -> None:
    for table, name in COLUMNS:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column(name, sa.Integer(), nullable=True))
            batch.create_foreign_key(f"fk_{table}_{name}_stored_file", "stored_file", [name], ["id"])
            batch.create_index(f"ix_{table}_{name}", [name])


def downgrade() -> None:
    for table, name in reversed(COLUMNS):
        with op.batch_alter_table(table) as batch:
            batch.drop_index(f"ix_{table}_{name}")
            batch.drop_constraint(f"fk_{table}_{name}_stored_file", type_="foreignkey")
            batch.drop_column(name)
