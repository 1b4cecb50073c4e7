"""What can be done to a lead, whoever asks: page, import or API. Source: spec 4."""

from crm.leads.services.record import (
    GIVEN_AT_CREATION,
    RULES,
    candidates,
    create,
    defaults,
    is_stale,
    take_charge,
    update,
)
from crm.leads.services.statuses import (
    Outcome,
    change_status,
    default_status,
    lose,
    losing_refusal,
    reopen,
)

__all__ = [
    "GIVEN_AT_CREATION",
    "RULES",
    "Outcome",
    "candidates",
    "change_status",
    "create",
    "default_status",
    "defaults",
    "is_stale",
    "lose",
    "losing_refusal",
    "reopen",
    "take_charge",
    "update",
]
