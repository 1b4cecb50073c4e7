"""What is compared of leads to find duplicates. Source: spec 6.4."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.matching import DETAILS, details
from crm.core.rows import unfiltered
from crm.duplicates.facts import Facts
from crm.duplicates.models import LEAD_KEYS
from crm.duplicates.sources import Source, Values
from crm.leads.models import Lead

LEAD = (*DETAILS, "first_name", "last_name", "organization", "website", "postal_code", "city")


def lead_facts(session: Session, ids: Iterable[int]) -> dict[int, Facts]:
    """The facts of these leads, without those in the bin: one statement."""
    asked = select(Lead.id, *(getattr(Lead, name) for name in LEAD))
    with unfiltered("every record has keys; the row filter says which ones are shown"):
        rows = session.execute(asked.where(Lead.id.in_(ids), Lead.deleted_at.is_(None)))
        return {row.id: _facts(row._asdict()) for row in rows}


def _facts(values: Values) -> Facts:
    return Facts(
        **details(values),
        organization=values.get("organization") or "",
        person=(values.get("first_name") or "", values.get("last_name") or ""),
        website=values.get("website") or "",
        postal_codes=frozenset(filter(None, (values.get("postal_code"),))),
        cities=frozenset(filter(None, (values.get("city"),))),
    )


LEADS = Source(
    Lead, LEAD_KEYS, lead_facts, _facts, {Lead: ("id", frozenset({*LEAD, "deleted_at"}))}
)
