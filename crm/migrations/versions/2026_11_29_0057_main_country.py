"""an account keeps the country of its main address, by which its list is filtered"""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"

KEPT = """
UPDATE account SET main_country = (
    SELECT country FROM account_address WHERE account_address.account_id = account.id
    ORDER BY is_default DESC, account_address.id LIMIT 1
)
"""


def upgrade() -> None:
    op.add_column("account", sa.Column("main_country", sa.String(2), nullable=True))
    op.execute(KEPT)
    op.create_index("ix_account_main_country", "account", ["main_country"])


def downgrade() -> None:
    op.drop_index("ix_account_main_country", table_name="account")
    op.drop_column("account", "main_country")
