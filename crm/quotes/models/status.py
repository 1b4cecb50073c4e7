"""The status of a quote. Source: spec 8.4."""

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from crm.core.models import Label


class QuoteStatus(StrEnum):
    """The status of a quote; `services.states` says how it changes."""

    DRAFT = "draft"
    FINALISED = "finalised"
    SENT = "sent"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REPLACED = "replaced"


LABELS: dict[str, Label] = {
    QuoteStatus.DRAFT: _l("Draft"),
    QuoteStatus.FINALISED: _l("Finalised"),
    QuoteStatus.SENT: _l("Sent"),
    QuoteStatus.ACCEPTED: _l("Accepted"),
    QuoteStatus.REFUSED: _l("Refused"),
    QuoteStatus.EXPIRED: _l("Expired"),
    QuoteStatus.CANCELLED: _l("Cancelled"),
    QuoteStatus.REPLACED: _l("Replaced"),
}
# What the customer has been offered and has not answered.
UNANSWERED = (QuoteStatus.FINALISED, QuoteStatus.SENT)
OPEN = (QuoteStatus.DRAFT, *UNANSWERED)
