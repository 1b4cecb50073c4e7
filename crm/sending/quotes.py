"""A quote sent to its customer, with its PDF and its acceptance link. Source: spec 8.4."""

import re

from flask_babel import gettext as _
from sqlalchemy import select

from crm.companies.models import Company
from crm.companies.settings import company_settings
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.links.services import address_of
from crm.core.rows import unfiltered
from crm.mail.models import Message, MessageKind, MessageState, Template
from crm.quotes.models import UNANSWERED, Quote, QuoteStatus
from crm.quotes.services import links, moves, states
from crm.quotes.services.states import Act

TAKEN_BACK = (QuoteStatus.SENT, *states.COMING_BACK)  # of an answered one it no longer matters


def refusal(quote: Quote) -> str:
    """Why a quote cannot be sent now; "" where it can, be it once more."""
    if quote.status not in UNANSWERED:
        return states.refusal(quote, Act.SEND)
    return "" if quote.pdf_id is not None else str(_("This quote has no PDF."))


def template_of(company: Company) -> Template | None:
    """The template that the company has chosen for its quotes."""
    found: Template | None = company_settings(company.id).quote_template
    return found


def token_in(body: str) -> str:
    """The token of the link that stands in a text; "" without one."""
    found = re.search(re.escape(address_of("")) + r"([\w-]{43})(?![\w-])", body, re.ASCII)
    return found[1] if found is not None else ""


def note_sending(quote: Quote, message: Message) -> None:
    """Make the link that the message tells, and the quote sent. Raises DomainError."""
    if why := refusal(quote):
        raise DomainError(why)
    if token := token_in(message.body_html):
        _keep_link(quote, message, token)
    if quote.status == QuoteStatus.FINALISED:
        moves.mark_sent(quote)


def _keep_link(quote: Quote, message: Message, token: str) -> None:
    """The link of `token`, which is there already where the form is sent once more."""
    shared = links.shared_by(token)
    if shared is None:
        shared, _address = links.share(quote, token)
    elif shared.quote_id != quote.id:
        raise DomainError(_("The link in the text belongs to another quote."), field="body")
    shared.message_id = message.id


def send_again(message: Message) -> None:
    """The quote is sent by an e-mail that was cancelled and leaves after all."""
    with unfiltered("an e-mail says whether its quote is sent, whoever may open that"):
        quote = _quote_of(message)
        if quote is not None:
            moves.resume_sending(quote)


def take_back(message: Message) -> None:
    """The quote is not sent, where the e-mail that did not leave made it so and was the only one.

    One that was marked as sent before stays so.
    """
    with unfiltered("an e-mail says whether its quote is sent, whoever may open that"):
        quote = _quote_of(message)
        if quote is None or quote.status not in TAKEN_BACK or _was_sent_before(quote, message):
            return
        if not _has_others(quote, message):
            moves.take_back_sending(quote)


def _quote_of(message: Message) -> Quote | None:
    """The quote that a message sends; None of one that only tells about a quote."""
    if message.quote_id is None or message.kind != MessageKind.QUOTE:
        return None
    return db.session.scalars(select(Quote).where(Quote.id == message.quote_id)).first()


def _has_others(quote: Quote, message: Message) -> bool:
    """Whether another e-mail with it left, or is about to."""
    others = select(Message.id).where(
        Message.quote_id == quote.id,
        Message.kind == MessageKind.QUOTE,
        Message.state.not_in((MessageState.CANCELLED, MessageState.SKIPPED)),
        Message.id != message.id,
    )
    return db.session.scalars(others).first() is not None


def _was_sent_before(quote: Quote, message: Message) -> bool:
    return quote.sent_at is not None and quote.sent_at < message.created_on
