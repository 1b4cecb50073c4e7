"""Links by which a customer answers a quote: made, found and revoked. Source: spec 8.4."""

from collections.abc import Sequence
from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import select

from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.links import services as links
from crm.core.links.models import PublicLink
from crm.quotes.models import UNANSWERED, Quote, QuoteLink
from crm.quotes.services.moves import local_day

NAME = "quote"  # of the purpose
# For how long after the last day the page tells that the quote has expired.
AFTER = timedelta(days=90)


def share(quote: Quote, token: str = "") -> tuple[QuoteLink, str]:
    """A link to a quote, and its address, which is told this once. Raises DomainError.

    `token` is one of `links.new_token` that was written somewhere before.
    """
    if quote.status not in UNANSWERED:
        raise DomainError(_("Only a quote that waits for an answer has a link."), field="status")
    left = max(quote.valid_until - local_day(quote), timedelta())
    link, token = links.create(NAME, quote.company_id, left + AFTER, token)
    shared = QuoteLink(link=link, quote=quote)
    db.session.add(shared)
    return shared, links.address_of(token)


def links_of(quote: Quote) -> Sequence[QuoteLink]:
    """The links of a quote that was fetched, but for those that were revoked, newest first."""
    of_it = select(QuoteLink).join(PublicLink).where(QuoteLink.quote_id == quote.id)
    valid = of_it.where(PublicLink.revoked_at.is_(None))
    return db.session.scalars(valid.order_by(QuoteLink.id.desc())).unique().all()


def shared_by(token: str) -> QuoteLink | None:
    """The link of a token, whatever its state."""
    of_it = select(QuoteLink).join(PublicLink)
    found = of_it.where(PublicLink.token_hash == links.hash_token(token))
    return db.session.scalars(found).first()


def revoke(quote: Quote) -> None:
    """Let nobody open the quote by its links any more. Raises DomainError."""
    found = links_of(quote)
    if not found:
        raise DomainError(_("This quote has no link that is still valid."))
    for one in found:
        links.revoke(one.link)
