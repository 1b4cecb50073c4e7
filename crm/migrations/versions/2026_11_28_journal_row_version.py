"""a journal entry knows the version that its row had after the change"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("journal", sa.Column("row_version", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("journal", "row_version")
