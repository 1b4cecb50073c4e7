"""New and changed leads. Source: spec 4.1."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, select

from crm.accounts.models import AccountContact, Contact, LostReason
from crm.accounts.services.reasons import LOSS
from crm.companies.choices import sales_candidates, sales_owner_refusal
from crm.companies.days import today
from crm.companies.defaults import (
    agency_by_area,
    current_user_or_none,
    default_owner,
    fill_company,
    fill_empty,
    pick_agency,
    set_default,
)
from crm.companies.moves import split_outcome
from crm.companies.owners import assign_to_me
from crm.companies.settings import setting
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import create_row, update_row
from crm.core.errors import DomainError
from crm.core.types import utcnow
from crm.leads.models import Lead, LeadStatus, LeadStatusKind
from crm.leads.services.converting import conversion_refusal
from crm.leads.services.statuses import Outcome, change_status, default_status

# Set by Lose only, but accepted when a lead is created in a lost status.
GIVEN_AT_CREATION = ("lost_on", *LOSS)


def defaults(values: dict[str, Any]) -> dict[str, Any]:
    """Received today; owned by the creator, in their agency and the default status."""
    company = fill_company(values)
    fill_empty(values, "status", default_status)
    fill_empty(values, "received_on", lambda: today(company.time_zone))
    set_default(values, "owner", lambda: default_owner(candidates, company, current_user_or_none()))
    set_default(
        values,
        "agency",
        lambda: (
            pick_agency(company, current_user_or_none())
            or agency_by_area(company, values.get("postal_code"))
        ),
    )
    return values


def create(values: Mapping[str, Any]) -> Lead:
    """A new lead. Raises DomainError by field.

    In a lost status it is created in the default one, then lost with what that needs.
    """
    status = values["status"]
    rest, outcome = _split(values, status)
    if status.kind != LeadStatusKind.OPEN:
        rest["status"] = default_status()
    lead: Lead = create_row(Lead, rest, RULES)
    if status.kind != LeadStatusKind.OPEN:
        change_status(lead, status, **outcome)
        update_row(lead, {})
    return lead


def update(lead: Lead, values: Mapping[str, Any]) -> None:
    """Change a lead; another status among the values is a move. Raises DomainError by field."""
    rest, outcome = _split(values, values.get("status") or lead.status)
    status = rest.pop("status", None)
    update_row(lead, rest, RULES)
    if status is not None and status is not lead.status:
        change_status(lead, status, **outcome)
        update_row(lead, {})


def _split(values: Mapping[str, Any], status: LeadStatus) -> tuple[dict[str, Any], Outcome]:
    """Fields to save, and the outcome of a loss, which an open lead does not have."""
    is_open = status.kind == LeadStatusKind.OPEN
    refusal = _("For lost leads only; choose a lost status.") if is_open else ""
    return split_outcome(values, GIVEN_AT_CREATION, refusal)


def take_charge(lead: Lead) -> None:
    """Make the actor the owner. Raises DomainError where it is lost or converted (spec 4.3)."""
    if refusal := conversion_refusal(lead):
        raise DomainError(refusal)
    assign_to_me(lead, RULES)


def is_stale(lead: Lead) -> str:
    """Why an open lead is highlighted: "unassigned", "quiet", or "". Source: spec 4.5."""
    since = utcnow() - timedelta(days=setting("stale_after_days"))
    if lead.status.kind != LeadStatusKind.OPEN or lead.created_on > since:
        return ""
    if lead.owner_id is None:
        return "unassigned"
    last = max(lead.changed_on, lead.last_event_at or lead.changed_on)
    return "quiet" if last < since and lead.next_event_at is None else ""


def candidates(relation: str, values: Mapping[str, Any]) -> ColumnElement[bool] | None:
    """Owners as the settings say, if they apply to leads (spec 2.2); contacts of the account."""
    if relation == "lost_reason":
        return LostReason.for_leads.is_(True)
    condition = sales_candidates(Lead, relation, values)
    account_id = values.get("account_id")
    if relation != "contact" or condition is None or account_id is None:
        return condition
    known = select(AccountContact.contact_id).where(AccountContact.account_id == account_id)
    return and_(condition, Contact.id.in_(known))


RULES = Rules(
    defaults=defaults,
    create=create,
    update=update,
    candidates=candidates,
    narrowed_by=("company", "account"),
    refusal=sales_owner_refusal,
    given_at_creation=GIVEN_AT_CREATION,
)
