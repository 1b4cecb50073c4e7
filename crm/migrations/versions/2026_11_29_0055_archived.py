"""accounts are archived; the indexes of their lists say which are"""

import sqlalchemy as sa
from alembic import op

from crm.core.types import Instant

revision = "0055"
down_revision = "0054"

LIVE, BINNED = "deleted_at IS NULL", "deleted_at IS NOT NULL"
RARE = f"{LIVE} AND archived_on IS NOT NULL"
LISTS = {
    "agency_id_name_key": "agency_id kind name_key id company_id owner_id",
    "category_id_name_key": "company_id kind category_id name_key id owner_id",
    "changed_on": "company_id changed_on id owner_id",
    "name_key": "company_id kind name_key id owner_id",
    "next_event_at": "company_id kind next_event_at id owner_id",
    "owner_id_agency_id_name_key": "owner_id kind agency_id name_key id company_id",
    "owner_id_category_id_name_key": "owner_id kind category_id name_key id company_id",
    "owner_id_name_key": "owner_id kind name_key id company_id",
    "owner_id_prospect_status_id_name_key": "owner_id kind prospect_status_id name_key id company_id",
    "prospect_status_id_name_key": "company_id kind prospect_status_id name_key id owner_id",
    "reference": "company_id kind reference id owner_id",
}  # fmt: skip
BIN = "deleted_at id company_id owner_id"


def upgrade() -> None:
    _drop()
    with op.batch_alter_table("account") as batch:
        batch.add_column(sa.Column("archived_on", Instant(), nullable=True))
    _create(["archived_on"])
    _index("ix_account_archived_on", ["company_id", "archived_on", "id", "owner_id"], RARE)


def downgrade() -> None:
    op.drop_index("ix_account_archived_on", table_name="account")
    _drop()
    with op.batch_alter_table("account") as batch:
        batch.drop_column("archived_on")
    _create([])


def _drop() -> None:
    for name in LISTS:
        op.drop_index(f"ix_account_by_{name}", table_name="account")
    op.drop_index("ix_account_bin", table_name="account")


def _create(covers: list[str]) -> None:
    for name, columns in LISTS.items():
        _index(f"ix_account_by_{name}", [*columns.split(), *covers], LIVE)
    _index("ix_account_bin", [*BIN.split(), *covers], BINNED)


def _index(name: str, columns: list[str], rows: str) -> None:
    where = {"sqlite_where": sa.text(rows), "postgresql_where": sa.text(rows)}
    op.create_index(name, "account", columns, **where)
