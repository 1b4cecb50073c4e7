"""a contact keeps whether it has an account, and events are listed along their status and type"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

LIVE = sa.text("deleted_at IS NULL")
LINKED = "UPDATE contact SET has_account = true WHERE id IN (SELECT contact_id FROM account_contact)"
# name, table, columns
BEFORE = (
    ("ix_event_by_status", "event", "company_id status id owner_id"),
    ("ix_event_by_type", "event", "company_id type id owner_id"),
)
NOW = (
    ("ix_contact_has_account", "contact", "has_account company_id name_key id owner_id"),
    ("ix_event_by_status_starts_at", "event", "company_id status starts_at id owner_id"),
    ("ix_event_by_type_starts_at", "event", "company_id type starts_at id owner_id"),
)


def upgrade() -> None:
    column = sa.Column("has_account", sa.Boolean(), server_default="0", nullable=False)
    op.add_column("contact", column)
    op.execute(LINKED)
    _replace(BEFORE, NOW)


def downgrade() -> None:
    _replace(NOW, BEFORE)
    op.drop_column("contact", "has_account")


def _replace(gone: tuple[tuple[str, str, str], ...], made: tuple[tuple[str, str, str], ...]) -> None:
    for name, table, _columns in gone:
        op.drop_index(name, table_name=table)
    for name, table, columns in made:
        op.create_index(name, table, columns.split(), sqlite_where=LIVE, postgresql_where=LIVE)
