"""lists are read along an index of the company, the owner or the agency; bins have one too"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

LIVE, BINNED = "deleted_at IS NULL", "deleted_at IS NOT NULL"
# name, table, columns
BEFORE = (
    ("ix_catalog_list", "catalog", "name_key id"),
    ("ix_product_list", "product", "name_key id"),
    ("ix_account_list", "account", "kind name_key id"),
    ("ix_contact_list", "contact", "name_key id"),
    ("ix_lead_list", "lead", "received_on id"),
    ("ix_lead_status", "lead", "status_id received_on id"),
    ("ix_lead_name", "lead", "name_key id"),
    ("ix_opportunity_list", "opportunity", "expected_close_on id"),
    ("ix_opportunity_stage", "opportunity", "stage_id expected_close_on id"),
    ("ix_opportunity_name", "opportunity", "name_key id"),
    ("ix_quote_list", "quote", "issued_on id"),
    ("ix_quote_title", "quote", "name_key id"),
    ("ix_event_list", "event", "starts_at id"),
    ("ix_event_subject", "event", "name_key id"),
)
LISTS = (
    ("ix_catalog_by_brand", "catalog", "company_id brand id owner_id"),
    ("ix_catalog_by_name_key", "catalog", "company_id name_key id owner_id"),
    ("ix_catalog_by_owner_id_name_key", "catalog", "owner_id name_key id company_id"),
    ("ix_catalog_by_type_id_name_key", "catalog", "company_id type_id name_key id owner_id"),
    ("ix_catalog_by_valid_until", "catalog", "company_id valid_until id owner_id"),
    ("ix_product_by_code_key", "product", "company_id code_key id"),
    ("ix_product_by_name_key", "product", "company_id name_key id"),
    ("ix_product_by_price", "product", "company_id price id"),
    ("ix_account_by_agency_id_name_key", "account", "agency_id kind name_key id company_id owner_id"),
    ("ix_account_by_category_id_name_key", "account", "company_id kind category_id name_key id owner_id"),
    ("ix_account_by_name_key", "account", "company_id kind name_key id owner_id"),
    ("ix_account_by_next_event_at", "account", "company_id kind next_event_at id owner_id"),
    ("ix_account_by_owner_id_agency_id_name_key", "account", "owner_id kind agency_id name_key id company_id"),
    ("ix_account_by_owner_id_category_id_name_key", "account", "owner_id kind category_id name_key id company_id"),
    ("ix_account_by_owner_id_name_key", "account", "owner_id kind name_key id company_id"),
    ("ix_account_by_reference", "account", "company_id kind reference id owner_id"),
    ("ix_account_name", "account", "company_id name_key id owner_id"),
    ("ix_contact_by_agency_id_name_key", "contact", "agency_id name_key id company_id owner_id"),
    ("ix_contact_by_last_event_at", "contact", "company_id last_event_at id owner_id"),
    ("ix_contact_by_name_key", "contact", "company_id name_key id owner_id"),
    ("ix_contact_by_owner_id_agency_id_name_key", "contact", "owner_id agency_id name_key id company_id"),
    ("ix_contact_by_owner_id_name_key", "contact", "owner_id name_key id company_id"),
    ("ix_lead_by_agency_id_received_on", "lead", "agency_id received_on id company_id owner_id"),
    ("ix_lead_by_name_key", "lead", "company_id name_key id owner_id"),
    ("ix_lead_by_next_event_at", "lead", "company_id next_event_at id owner_id"),
    ("ix_lead_by_organization", "lead", "company_id organization id owner_id"),
    ("ix_lead_by_owner_id_agency_id_received_on", "lead", "owner_id agency_id received_on id company_id"),
    ("ix_lead_by_owner_id_received_on", "lead", "owner_id received_on id company_id"),
    ("ix_lead_by_owner_id_status_id_received_on", "lead", "owner_id status_id received_on id company_id"),
    ("ix_lead_by_received_on", "lead", "company_id received_on id owner_id"),
    ("ix_lead_by_score", "lead", "company_id score id owner_id"),
    ("ix_lead_by_status_id_received_on", "lead", "company_id status_id received_on id owner_id"),
    ("ix_opportunity_by_agency_id_expected_close_on", "opportunity", "agency_id expected_close_on id company_id owner_id"),
    ("ix_opportunity_by_amount", "opportunity", "company_id amount id owner_id"),
    ("ix_opportunity_by_expected_close_on", "opportunity", "company_id expected_close_on id owner_id"),
    ("ix_opportunity_by_name_key", "opportunity", "company_id name_key id owner_id"),
    ("ix_opportunity_by_next_event_at", "opportunity", "company_id next_event_at id owner_id"),
    ("ix_opportunity_by_owner_id_agency_id_expected_close_on", "opportunity", "owner_id agency_id expected_close_on id company_id"),
    ("ix_opportunity_by_owner_id_expected_close_on", "opportunity", "owner_id expected_close_on id company_id"),
    ("ix_opportunity_by_owner_id_stage_id_expected_close_on", "opportunity", "owner_id stage_id expected_close_on id company_id"),
    ("ix_opportunity_by_probability", "opportunity", "company_id probability id owner_id"),
    ("ix_opportunity_by_reference", "opportunity", "company_id reference id owner_id"),
    ("ix_opportunity_by_stage_id_expected_close_on", "opportunity", "company_id stage_id expected_close_on id owner_id"),
    ("ix_quote_by_agency_id_issued_on", "quote", "agency_id issued_on id company_id owner_id"),
    ("ix_quote_by_issued_on", "quote", "company_id issued_on id owner_id"),
    ("ix_quote_by_name_key", "quote", "company_id name_key id owner_id"),
    ("ix_quote_by_owner_id_agency_id_issued_on", "quote", "owner_id agency_id issued_on id company_id"),
    ("ix_quote_by_owner_id_issued_on", "quote", "owner_id issued_on id company_id"),
    ("ix_quote_by_total_excl", "quote", "company_id total_excl id owner_id"),
    ("ix_quote_by_total_incl", "quote", "company_id total_incl id owner_id"),
    ("ix_quote_by_valid_until", "quote", "company_id valid_until id owner_id"),
    ("ix_event_by_agency_id_starts_at", "event", "agency_id starts_at id company_id owner_id"),
    ("ix_event_by_name_key", "event", "company_id name_key id owner_id"),
    ("ix_event_by_owner_id_agency_id_starts_at", "event", "owner_id agency_id starts_at id company_id"),
    ("ix_event_by_owner_id_starts_at", "event", "owner_id starts_at id company_id"),
    ("ix_event_by_starts_at", "event", "company_id starts_at id owner_id"),
    ("ix_event_by_status", "event", "company_id status id owner_id"),
    ("ix_event_by_type", "event", "company_id type id owner_id"),
)
BINS = (
    ("ix_catalog_bin", "catalog", "deleted_at id company_id owner_id"),
    ("ix_product_bin", "product", "deleted_at id company_id"),
    ("ix_account_bin", "account", "deleted_at id company_id owner_id"),
    ("ix_contact_bin", "contact", "deleted_at id company_id owner_id"),
    ("ix_lead_bin", "lead", "deleted_at id company_id owner_id"),
    ("ix_opportunity_bin", "opportunity", "deleted_at id company_id owner_id"),
    ("ix_quote_bin", "quote", "deleted_at id company_id owner_id"),
    ("ix_event_bin", "event", "deleted_at id company_id owner_id"),
)


def upgrade() -> None:
    _drop(BEFORE)
    _create(LISTS, LIVE)
    _create(BINS, BINNED)


def downgrade() -> None:
    _drop((*LISTS, *BINS))
    _create(BEFORE, LIVE)


def _drop(indexes: tuple[tuple[str, str, str], ...]) -> None:
    for name, table, _columns in indexes:
        op.drop_index(name, table_name=table)


def _create(indexes: tuple[tuple[str, str, str], ...], rows: str) -> None:
    where = {"sqlite_where": sa.text(rows), "postgresql_where": sa.text(rows)}
    for name, table, columns in indexes:
        op.create_index(name, table, columns.split(), **where)
