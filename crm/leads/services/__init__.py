"""What can be done to a lead, whoever asks: page, import or API. Source: spec 4."""

from crm.leads.services.converting import Conversion, conversion_refusal, convert
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
from crm.leads.services.undoing import may_be_undone, undo_conversion

__all__ = [
    "GIVEN_AT_CREATION",
    "RULES",
    "Conversion",
    "Outcome",
    "candidates",
    "change_status",
    "conversion_refusal",
    "convert",
    "create",
    "default_status",
    "defaults",
    "is_stale",
    "lose",
    "losing_refusal",
    "may_be_undone",
    "reopen",
    "take_charge",
    "undo_conversion",
    "update",
]
