"""Lead statuses: one is converted, some are open and lost, and the default one stays (spec 3)."""

from collections.abc import Mapping
from typing import Any

from crm.companies.settings import setting
from crm.companies.vocabulary import Bounds, arrange, keep_bounds, keep_default, keep_kind
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import create_row, delete_row, update_row
from crm.leads.models import LeadStatus, LeadStatusKind

KINDS: Bounds = {
    LeadStatusKind.OPEN: (1, None),
    LeadStatusKind.CONVERTED: (1, 1),
    LeadStatusKind.LOST: (1, None),
}


def create(values: Mapping[str, Any]) -> LeadStatus:
    """A new status. Raises DomainError by field."""
    status: LeadStatus = create_row(LeadStatus, values)
    keep_bounds(LeadStatus, KINDS)
    arrange(LeadStatus)
    return status


def update(status: LeadStatus, values: Mapping[str, Any]) -> None:
    """Change a status. Raises DomainError by field."""
    keep_kind(status, values)
    keep_default(status, values, setting("lead_default_status_id"))
    update_row(status, values)
    keep_bounds(LeadStatus, KINDS)
    arrange(LeadStatus)


def delete(status: LeadStatus) -> None:
    """Remove an unused status. Raises DomainError."""
    delete_row(status)
    keep_bounds(LeadStatus, KINDS)


RULES = Rules(create=create, update=update, delete=delete)
