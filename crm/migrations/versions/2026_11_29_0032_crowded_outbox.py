"""indexes of a crowded outbox: by sender with status and kind, and the sendings of a catalogue"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"

LIVE = sa.text("deleted_at IS NULL")
BY_OWNER, BY_CATALOG = "ix_message_by_owner_id_created_on", "ix_message_by_catalog_id_created_on"
OF_OWNER = ["owner_id", "created_on", "id", "company_id"]
OF_CATALOG = ["catalog_id", "created_on", "id", "company_id", "owner_id"]


def upgrade() -> None:
    op.drop_index(BY_OWNER, "message")
    _create(BY_OWNER, [*OF_OWNER, "state", "kind"])
    _create(BY_CATALOG, OF_CATALOG)


def downgrade() -> None:
    op.drop_index(BY_CATALOG, "message")
    op.drop_index(BY_OWNER, "message")
    _create(BY_OWNER, OF_OWNER)


def _create(name: str, columns: list[str]) -> None:
    op.create_index(name, "message", columns, sqlite_where=LIVE, postgresql_where=LIVE)
