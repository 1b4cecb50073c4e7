"""The table of states: which acts a quote allows, and what it becomes. Source: spec 8.4.

Pages, API, import and worker act through the services, which ask here first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.core.errors import DomainError
from crm.core.models import Label
from crm.quotes.models import OPEN, UNANSWERED, Quote, QuoteStatus

DRAFT, FINALISED, SENT = QuoteStatus.DRAFT, QuoteStatus.FINALISED, QuoteStatus.SENT
ACCEPTED, REFUSED, EXPIRED = QuoteStatus.ACCEPTED, QuoteStatus.REFUSED, QuoteStatus.EXPIRED
CANCELLED, REPLACED = QuoteStatus.CANCELLED, QuoteStatus.REPLACED


class Act(StrEnum):
    """What can be done to a quote; a value is also the name of its address."""

    EDIT = "edit"
    DELETE = "delete"
    APPROVE = "approve"
    FINALISE = "finalise"
    SEND = "mark_sent"
    ACCEPT = "accept"
    REFUSE = "refuse"
    EXPIRE = "expire"
    EXTEND = "extend"
    CANCEL = "cancel"
    REPLACE = "new_version"
    DUPLICATE = "duplicate"


@dataclass(frozen=True)
class Move:
    """The states that allow an act, and the one after it; None where it stays as it is."""

    before: tuple[QuoteStatus, ...]
    after: QuoteStatus | None = None


# An expired quote that is extended is finalised again, or sent where it had been.
MOVES: Mapping[Act, Move] = {
    Act.EDIT: Move((DRAFT,)),
    Act.DELETE: Move((DRAFT,)),
    Act.APPROVE: Move((DRAFT,)),
    Act.FINALISE: Move((DRAFT,), FINALISED),
    Act.SEND: Move((FINALISED,), SENT),
    Act.ACCEPT: Move(UNANSWERED, ACCEPTED),
    Act.REFUSE: Move(UNANSWERED, REFUSED),
    Act.EXPIRE: Move(UNANSWERED, EXPIRED),
    Act.EXTEND: Move((EXPIRED,), FINALISED),
    Act.CANCEL: Move(OPEN, CANCELLED),
    Act.REPLACE: Move((*UNANSWERED, EXPIRED, REFUSED), REPLACED),
    Act.DUPLICATE: Move(tuple(QuoteStatus)),
}

# What may be unanswered again: as finalised or as sent, as `sent_at` says.
COMING_BACK = (EXPIRED, REPLACED)

# Why a quote in this state does not allow an act.
REFUSALS: Mapping[QuoteStatus, Label] = {
    DRAFT: _l("This quote is a draft; finalise it first."),
    FINALISED: _l("This quote is finalised; create a new version to change it."),
    SENT: _l("This quote is sent; create a new version to change it."),
    ACCEPTED: _l("This quote is accepted; duplicate it to make another one."),
    REFUSED: _l("This quote is refused; create a new version of it."),
    EXPIRED: _l("This quote has expired; extend its validity or create a new version."),
    CANCELLED: _l("This quote is cancelled; duplicate it to make another one."),
    REPLACED: _l("This quote is replaced by a newer version."),
}
# The same for some acts, whatever the state.
OWN_REFUSALS: Mapping[Act, Label] = {
    Act.DELETE: _l("Only a draft can be deleted."),
    Act.EXTEND: _l("Only an expired quote is extended."),
}


def refusal(quote: Quote, act: Act) -> str:
    """Why the state of the quote does not allow this act; "" where it does."""
    status = quote.status or DRAFT  # before its first flush
    if status in MOVES[act].before:
        return ""
    return str(OWN_REFUSALS.get(act) or REFUSALS[status])


def require(quote: Quote, act: Act) -> None:
    """Raises DomainError on `status` where the state does not allow this act."""
    if message := refusal(quote, act):
        raise DomainError(message, field="status")


def move(quote: Quote, act: Act) -> None:
    """Put the quote into the state after an act. Raises DomainError on `status`."""
    require(quote, act)
    after = MOVES[act].after
    if act is Act.EXTEND and quote.sent_at is not None:
        after = SENT
    if after is not None:
        quote.status = after


def act_towards(quote: Quote, status: QuoteStatus) -> Act:
    """The act that leads to `status`, for those who say the state that they want.

    Raises DomainError on `status` where none does.
    """
    if quote.status == EXPIRED and status in UNANSWERED:
        return Act.EXTEND
    for act, known in MOVES.items():
        if known.after == status:
            return act
    raise DomainError(_("A quote does not become a draft again."), field="status")
