"""The version that a draft replaces, and its coming back. Source: spec 8.4."""

from sqlalchemy import select

from crm.core.db import db
from crm.core.rows import unfiltered
from crm.quotes.models import Quote, QuoteStatus

UNSURE = (QuoteStatus.FINALISED, QuoteStatus.SENT)


def replaced_by(quote: Quote) -> Quote | None:
    """The version before, whoever may read it."""
    if quote.replaces_id is None:
        return None
    with unfiltered("a version acts on the one before, whoever may open that"):
        return db.session.scalars(select(Quote).where(Quote.id == quote.replaces_id)).first()


def bring_back(draft: Quote) -> None:
    """What a draft was to replace is again what it was: the draft will not be sent."""
    former = replaced_by(draft)
    if former is None or draft.replaced_status is None:
        return
    if former.status != QuoteStatus.REPLACED:
        return
    former.status = draft.replaced_status
    if former.status in UNSURE:  # its e-mail may have been cancelled meanwhile, or sent after all
        is_sent = former.sent_at is not None
        former.status = QuoteStatus.SENT if is_sent else QuoteStatus.FINALISED
