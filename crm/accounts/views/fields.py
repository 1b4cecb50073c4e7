"""The columns and fieldsets of accounts; prospects and clients have one form. Source: spec 5."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from crm.accounts.services.reasons import LOSS

ORGANIZATIONS = ("siren", "siret", "vat_number", "naf_code", "legal_form", "parent", "employees")
PERSONS = ("civility", "first_name")

ADDRESS: Sequence[str] = (
    "label", "street", "postal_code", "city", "region", "country", "is_billing", "is_delivery",
    "is_default",
)  # fmt: skip

# By currency; on the record they are a panel, and in exports and the API fields.
AMOUNTS: Sequence[str] = ("open_amount", "won_amount")
# Shown where they say something.
OCCASIONAL: Sequence[str] = (*LOSS, "archived_on")
# A status is shown while statuses of prospects are managed.
SWITCHES: Mapping[str, str] = {
    "agency": "manage_agencies",
    **dict.fromkeys(("prospect_status", *LOSS), "manage_prospect_status"),
}

LIST: Sequence[str] = (
    "name", "reference", "phone", "email", "category", "prospect_status", "owner", "agency",
    "company", "city", "next_event_at",
)  # fmt: skip
ORDER: Sequence[str] = (
    "name", "reference", "category", "prospect_status", "owner", "agency", "next_event_at",
)  # fmt: skip
SEARCH: Sequence[str] = (
    "prospect_status", "prospect_status.kind", "owner", "owner.groups", "category", "agency",
    "company", "source", "industry", "main_country", "nature", "tags", "key_account", "score",
    "parent", "do_not_call", "do_not_email", "last_event_at", "next_event_at", "created_on",
    "archived_on",
)  # fmt: skip

_IDENTITY = (
    "nature", "name", "civility", "first_name", "siren", "siret", "vat_number", "naf_code",
    "legal_form", "annual_revenue", "employees", "parent",
)  # fmt: skip
_FOLLOW_UP = (
    "company", "owner", "agency", "prospect_status", "category", "industry", "source", "score",
    "key_account", "nurturing", "tags",
)  # fmt: skip
_REACH = (
    "email", "phone", "mobile", "website", "language", "currency", "payment_terms", "do_not_call",
    "do_not_email",
)  # fmt: skip

FORM: Any = [
    (_l("Identity"), {"fields": _IDENTITY}),
    (_l("Follow-up"), {"fields": _FOLLOW_UP}),
    (_l("Addresses"), {"fields": ["addresses"]}),
    (_l("Contact details"), {"fields": _REACH}),
    (_l("Notes"), {"fields": ["notes"]}),
]
RECORD: Any = [
    (_l("Identity"), {"fields": ["name", "kind", *_IDENTITY[:1], "reference", *_IDENTITY[2:]]}),
    (_l("Follow-up"), {"fields": ["owner", "company", *_FOLLOW_UP[2:], *OCCASIONAL]}),
    *FORM[2:],
]
COLUMN_CSS: Mapping[str, str] = {"prospect_status": "w-status", "category": "w-co", "city": "w-co"}
WIDTHS: Mapping[str, str] = {
    "civility": "w2", "first_name": "w4", "tags": "w6", "notes": "w6", "payment_terms": "w6",
    "street": "w6", "postal_code": "w2", "city": "w2", "region": "w2",
}  # fmt: skip
