"""what a lead was converted into, when and by whom, and the lead that an opportunity came from"""

import sqlalchemy as sa
from alembic import op

from crm.core.types import Instant

revision = "0046"
down_revision = "0045"

# table → column → the table that it names.
LINKS = {
    "lead": {"account_id": "account", "contact_id": "contact", "opportunity_id": "opportunity"},
    "opportunity": {"lead_id": "lead"},
}


def upgrade() -> None:
    for table, columns in LINKS.items():
        with op.batch_alter_table(table) as batch:
            for column, target in columns.items():
                batch.add_column(sa.Column(column, sa.Integer(), nullable=True))
                batch.create_foreign_key(
                    f"fk_{table}_{column}_{target}", target, [column], ["id"], ondelete="SET NULL"
                )
        for column in columns:
            op.create_index(f"ix_{table}_{column}", table, [column])
    with op.batch_alter_table("lead") as batch:
        batch.add_column(sa.Column("converted_on", Instant(), nullable=True))
        batch.add_column(sa.Column("converted_by_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            "fk_lead_converted_by_id_ab_user", "ab_user", ["converted_by_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("lead") as batch:
        batch.drop_constraint("fk_lead_converted_by_id_ab_user", type_="foreignkey")
        batch.drop_column("converted_by_id")
        batch.drop_column("converted_on")
    for table, columns in LINKS.items():
        for column in columns:
            op.drop_index(f"ix_{table}_{column}", table)
        with op.batch_alter_table(table) as batch:
            for column, target in columns.items():
                batch.drop_constraint(f"fk_{table}_{column}_{target}", type_="foreignkey")
                batch.drop_column(column)
