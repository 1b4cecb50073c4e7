"""The columns and fieldsets of opportunities. Source: spec 7.1, 7.4 and 7.5."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from crm.core.models import Label

RECURRING: Sequence[str] = (
    "recurring_amount", "recurring_period", "recurring_duration", "recurring_start_on",
)  # fmt: skip
RECURRING_FIGURES: Sequence[str] = (
    "recurring_end_on", "recurring_monthly", "recurring_total", "total_amount",
)  # fmt: skip
SWITCHES: Mapping[str, str] = {
    "agency": "manage_agencies",
    **dict.fromkeys((*RECURRING, *RECURRING_FIGURES), "manage_recurring"),
    "account.notes": "show_customer_description",
    "client_description": "show_customer_description",
    "lead.description": "show_customer_description",
    "lead_description": "show_customer_description",
}
# Shown for closed opportunities only.
CLOSING: Sequence[str] = ("closed_on", "lost_reason", "lost_comment")

LIST: Sequence[str] = (
    "name", "account", "reference", "stage", "amount", "recurring_amount", "probability",
    "weighted_amount", "expected_close_on", "owner", "agency", "company", "next_event_at",
)  # fmt: skip
ORDER: Sequence[str] = (
    "name", "reference", "stage", "amount", "probability", "expected_close_on", "owner", "agency",
    "next_event_at",
)  # fmt: skip
# Filters of opportunities and of events by the client or the lead that they belong to: nobody
# chooses them by hand, reports lead to lists with them.
OF_CLIENT: Mapping[str, Label] = {
    "account.main_country": _l("Client’s country"),
    "account.industry": _l("Client’s industry"),
    "account.category": _l("Client’s category"),
    "account.source": _l("Client’s source"),
    "account.created_on": _l("Client created on"),
}
OF_LEAD: Mapping[str, Label] = {
    "lead.country": _l("Lead’s country"),
    "lead.industry": _l("Lead’s industry"),
    "lead.category": _l("Lead’s category"),
    "lead.source": _l("Lead’s source"),
    "lead.created_on": _l("Lead created on"),
}
SEARCH: Sequence[str] = (
    "stage.kind", "stage", "owner", "owner.groups", "account", "contact", "agency", "company",
    "source", "score", "amount", "currency", "probability", "expected_close_on", "closed_on",
    "forecast_on", "recurring_amount", "recurring_start_on", "recurring_end_on", "next_event_at",
    "lost_reason", "tags", "account.notes", "lead.description", "created_on", "lead", "passage",
    *OF_CLIENT, *OF_LEAD,
)  # fmt: skip
COLUMN_CSS: Mapping[str, str] = {
    "reference": "w-ref from-xl", "stage": "w-co", "amount": "num r w-percent",
    "probability": "num r w-percent from-l", "recurring_amount": "num r w-amount from-xxl",
    "expected_close_on": "num w-close", "weighted_amount": "num r w-amount from-xxl",
    "agency": "w-agency from-xl",
}  # fmt: skip
FILTER_LABELS: Mapping[str, Label] = {
    "stage.kind": _l("Status"),
    "account.notes": _l("Client description"),
    "lead.description": _l("Lead description"),
    **OF_CLIENT,
    **OF_LEAD,
}

_SALE = (
    "amount", "currency", "probability", "best_case", "worst_case", "expected_close_on",
)  # fmt: skip
_NEED = ("need_type", "next_step", "competitor", "source", "score", "tags", "description")

FORM: Any = [
    (_l("Sale"), {"fields": [
        "name", "account", "contact", "company", "stage", "probability", "expected_close_on",
        "amount", "best_case", "worst_case", "currency",
    ]}),
    (_l("Recurring"), {"fields": [*RECURRING, *RECURRING_FIGURES]}),
    (_l("Description"), {"fields": _NEED}),
    (_l("Follow-up"), {"fields": ["owner", "agency", "memo"]}),
]  # fmt: skip
RECORD: Any = [
    (_l("Description"), {"fields": _NEED}),
    (_l("Sale"), {"fields": _SALE}),
    (_l("Recurring"), {"fields": [*RECURRING, *RECURRING_FIGURES]}),
]
SIDE: Any = [
    (_l("Closing"), {"fields": CLOSING}),
    (_l("Follow-up"), {"fields": ["owner", "agency", "company", "last_event_at"]}),
    (_l("References"), {"fields": ["reference", "account", "contact", "lead"]}),
    (_l("Memo"), {"fields": ["memo"]}),
]
WIDTHS: Mapping[str, str] = {
    "name": "w6", "description": "w6", "memo": "w6", "tags": "w6", "stage": "w2",
    "amount": "w2", "currency": "w2", "probability": "w2", "best_case": "w2", "worst_case": "w2",
    "expected_close_on": "w2", "recurring_end_on": "w2", "recurring_monthly": "w2",
    "recurring_total": "w2",
}  # fmt: skip
