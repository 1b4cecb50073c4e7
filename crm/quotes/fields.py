"""The columns and fieldsets of quotes. Source: spec 8.1 and 8.6."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from crm.core.forms import LineTable, NewLine
from crm.quotes.models import LineKind
from crm.quotes.services.lines import RECURRING

LINE: Sequence[str] = (
    "kind", "product", "label", "description", "quantity", "unit", "unit_price",
    "discount_percent", "discount_amount", "vat_rate", "recurring_period", "recurring_duration",
)  # fmt: skip

PRICED = ("unit_price", "discount_amount")  # in the currency of the quote


def line_table(shows_recurring: bool) -> LineTable:
    """The lines as they are typed; titles, texts and subtotals have a label alone."""
    return LineTable(
        columns=("label", "quantity", "unit", "unit_price", "discount_percent", "vat_rate"),
        kind="kind",
        kinds=(
            NewLine(LineKind.ITEM, _("Item"), "plus"),
            NewLine(LineKind.SECTION, _("Section title"), "heading"),
            NewLine(LineKind.TEXT, _("Text"), "align-left"),
            NewLine(LineKind.SUBTOTAL, _("Subtotal"), "sum", _("Subtotal")),
        ),
        total="total_excl",
        total_label=_("Total"),
        summed=(LineKind.SUBTOTAL,),
        note="description",
        below=("discount_amount", *(RECURRING if shows_recurring else ()), "product"),
        hidden=() if shows_recurring else RECURRING,
        source="product",
        fills=("description", "unit", "unit_price", "vat_rate", "recurring_period"),
    )


TOTALS: Sequence[str] = ("total_discount", "total_excl", "total_vat", "total_incl")

LIST: Sequence[str] = (
    "number", "status", "title", "account", "opportunity", "owner", "issued_on", "valid_until",
    "total_excl", "total_incl", "agency", "company",
)  # fmt: skip
COLUMN_CSS: Mapping[str, str] = {
    "status": "w-co", "title": "w-org", "opportunity": "w-org from-xl",
    "valid_until": "num w-close", "agency": "w-agency from-l",
    "total_incl": "num r w-amount from-xxl",
}  # fmt: skip
ORDER: Sequence[str] = (
    "number", "title", "owner", "issued_on", "valid_until", "total_excl", "total_incl", "agency",
)  # fmt: skip
SEARCH: Sequence[str] = (
    "status", "number", "owner", "owner.groups", "account", "contact", "opportunity", "agency",
    "company", "issued_on", "valid_until", "total_excl", "total_incl", "currency",
    "largest_discount", "approved_by", "created_on",
)  # fmt: skip

_HEAD = ("title", "account", "contact", "opportunity", "company", "owner", "agency")
_TERMS = ("customer_reference", "issued_on", "valid_until", "currency")
_PRICES = ("prices_include_tax", "global_discount")
_TEXTS = ("billing_address", "delivery_address", "intro", "conditions", "internal_note")

# What differs between the versions of a quote.
COMPARED = [
    name for name in (*_HEAD, *_TERMS, *_PRICES, *_TEXTS) if name not in ("company", "agency")
]

FORM: Any = [
    (_l("Quote"), {"fields": [*_HEAD, *_TERMS]}),
    (_l("Lines"), {"fields": [*_PRICES, "lines", *TOTALS]}),
    (_l("Details"), {"fields": _TEXTS}),
]
RECORD: Any = [(_l("Details"), {"fields": [*_TERMS[:1], *_PRICES, *_TEXTS]})]
_REFERENCES = ("number", "version", "account", "contact", "opportunity", "replaces")
_DATES = (
    "issued_on", "valid_until", "finalised_at", "finalised_by", "pdf_sha256", "sent_at",
    "created_on", "created_by",
)  # fmt: skip
# Facts of moves, shown once there are some.
OUTCOME: Sequence[str] = (
    "accepted_on", "accepted_by", "signed_pdf", "refused_on", "refusal_reason", "cancelled_on",
    "cancellation_reason", "answered_at", "answered_by", "answered_as", "answered_from",
    "approved_by", "approved_at",
)  # fmt: skip
SIDE: Any = [
    (lazy_pgettext("quote", "Outcome"), {"fields": OUTCOME}),
    (_l("Follow-up"), {"fields": ["owner", "agency", "company"]}),
    (_l("References"), {"fields": _REFERENCES}),
    (_l("Dates"), {"fields": _DATES}),
]
WIDTHS: Mapping[str, str] = {
    "title": "w6", "billing_address": "", "intro": "w6", "conditions": "w6", "internal_note": "w6",
    "issued_on": "w2", "valid_until": "w2", "currency": "w2", "kind": "w2", "product": "w4",
    "label": "w6", "description": "w6", "quantity": "w2", "unit": "w2", "unit_price": "w2",
    "discount_percent": "w2", "discount_amount": "w2", "vat_rate": "w2",
    **dict.fromkeys(TOTALS, "w2"),
}  # fmt: skip
