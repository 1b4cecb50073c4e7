"""The customer's own answer, by a link: what is kept as evidence, and who is told. Spec 8.4."""

from dataclasses import dataclass
from enum import StrEnum

from flask_babel import force_locale, pgettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.companies.settings import setting
from crm.core.datamodel.saving import flush
from crm.core.errors import DomainError
from crm.core.models import Label
from crm.core.types import utcnow
from crm.notices.kinds import QUOTE_ANSWERED
from crm.notices.services import News, tell
from crm.opportunities.models import Opportunity, StageKind
from crm.quotes.models import UNANSWERED, Quote, QuoteStatus
from crm.quotes.services import moves
from crm.quotes.services.finalising import opportunity_of

LONGEST_COMMENT = 2000


class Reason(StrEnum):
    """Why a customer refuses, in words of theirs."""

    PRICE = "price"
    TIMING = "timing"
    NO_NEED = "no_need"
    COMPETITOR = "competitor"
    OTHER = "other"


REASONS: dict[str, Label] = {
    Reason.PRICE: _l("Price"),
    Reason.TIMING: _l("Timing"),
    Reason.NO_NEED: _l("No need"),
    Reason.COMPETITOR: _l("Competitor"),
    Reason.OTHER: _l("Other"),
}


@dataclass(frozen=True)
class Customer:
    """Who answers, from which address of the network."""

    name: str
    job_title: str
    address: str


def is_open(quote: Quote) -> bool:
    """Whether the customer can answer now."""
    return quote.status in UNANSWERED and not has_expired(quote)


def has_expired(quote: Quote) -> bool:
    """Whether its last day is over, be it marked so or not."""
    is_unmarked = quote.status in UNANSWERED and moves.is_overdue(quote)
    return quote.status == QuoteStatus.EXPIRED or is_unmarked


def accept(quote: Quote, customer: Customer) -> None:
    """The customer accepts. Raises DomainError."""
    _require_open(quote)
    moves.accept(quote, accepted_by=customer.name)
    _keep(quote, customer)


def refuse(quote: Quote, customer: Customer, reason: Reason, comment: str) -> None:
    """The customer refuses; the reason is written in the company's language. Raises DomainError."""
    _require_open(quote)
    with force_locale(quote.company.language):
        label = str(REASONS[reason])
        colon = pgettext("punctuation", ": ")
        text = f"{label}{colon}{comment}" if comment else label
    moves.refuse(quote, refusal_reason=text)
    _keep(quote, customer)


def _require_open(quote: Quote) -> None:
    if not is_open(quote):
        raise DomainError(_("This quote can no longer be answered."), field="status")


def _keep(quote: Quote, customer: Customer) -> None:
    """The evidence, and the news for the opportunity's owner, else the quote's."""
    quote.answered_at, quote.answered_by = utcnow(), customer.name
    quote.answered_as, quote.answered_from = customer.job_title or None, customer.address
    flush()
    deal = opportunity_of(quote)
    if deal is not None and deal.owner_id is not None:
        tell([_of_opportunity(quote, deal, deal.owner_id)])
    elif quote.owner_id is not None:
        tell([_news(quote, quote.owner_id, ("quote", quote.id))])


def _of_opportunity(quote: Quote, deal: Opportunity, user_id: int) -> News:
    """An accepted quote opens the dialog in which the opportunity is won, while that is open."""
    wins = quote.status == QuoteStatus.ACCEPTED and bool(setting("win_on_quote_acceptance"))
    if deal.stage.kind != StageKind.OPEN:
        return _news(quote, user_id, ("quote", quote.id))
    return _news(quote, user_id, ("opportunity", deal.id), "win" if wins else "")


def _news(quote: Quote, user_id: int, about: tuple[str, int], opens: str = "") -> News:
    args = {"customer": quote.answered_by, "quote": quote.reference, "status": str(quote.status)}
    return News(
        user_id, QUOTE_ANSWERED, f"{QUOTE_ANSWERED}:{quote.id}", about[0], about=about,
        args={**args, "opens": opens}, company_id=quote.company_id,
    )  # fmt: skip
