"""Finalising: a draft gets its number and does not change any more. Source: spec 8.2, 8.4, 8.5.

The number is on the document, and a document takes longer to make than the write lock may be held.
So the coming number is read without a lock, the document is made with it, and the transaction takes
the number only if it is still the coming one. Else all of it is undone and tried again:

    finalised(read, lambda quote, prepared: …finalise(quote, prepared) within transaction()…)
"""

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from flask_babel import gettext as _
from sqlalchemy import select

from crm.companies.defaults import current_user_or_none
from crm.companies.numbering import coming_reference, next_reference
from crm.companies.settings import app_settings, company_settings
from crm.core.datamodel.bulk import current_bulk
from crm.core.datamodel.saving import flush
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.files.models import StoredFile
from crm.core.files.storing import keep_made
from crm.core.outage import Outage, unavailable
from crm.core.rows import unfiltered
from crm.core.types import utcnow
from crm.opportunities import services as opportunities
from crm.opportunities.models import Opportunity, Stage, StageKind
from crm.quotes.models import Quote, printed_number
from crm.quotes.pdf import render
from crm.quotes.services.approval import require_approval
from crm.quotes.services.states import Act, move, refusal, require

TRIES = 25
T = TypeVar("T")

# One finalisation at a time in a process and company: the others would make their documents in
# vain. Between processes the number decides.
_turns: defaultdict[int, threading.Lock] = defaultdict(threading.Lock)


class Outdated(Exception):
    """What was prepared is of before: the number was taken meanwhile, or the quote has changed."""


@dataclass(frozen=True)
class Prepared:
    """What was made outside the transaction: the coming number, and a document that bears it.

    It shows the quote as of `row_version`.
    """

    number: str
    row_version: int
    document: StoredFile | None = None


def finalised(read: Callable[[], Quote], act: Callable[[Quote, Prepared], T]) -> T:
    """The answer of `act`, which finalises the quote that `read` returns in a transaction.

    Both are called again where what was prepared is Outdated. Raises Unavailable after TRIES.
    """
    with _turns[read().company_id]:
        for _try in range(TRIES):
            db.session.rollback()  # what was read while waiting may be old
            quote = read()
            prepared = prepare(quote)
            try:
                return act(quote, prepared)
            except Outdated:
                continue
    raise unavailable(Outage.BUSY)


def prepare(quote: Quote) -> Prepared:
    """Outside a transaction: what `finalise` needs. Takes nothing, locks nothing."""
    number, version = coming_number(quote), quote.row_version
    if refusal(quote, Act.FINALISE) or not any(line.is_item for line in quote.lines):
        return Prepared(number, version)
    return Prepared(number, version, document_of(quote, number))


def document_of(quote: Quote, number: str) -> StoredFile:
    """The PDF of a quote with its number, kept for the transaction that links it."""
    name = f"{printed_number(number, quote.version)}.pdf"
    return keep_made(render(quote, number, quote.version), name, "application/pdf")


def coming_number(quote: Quote) -> str:
    """The number that the quote would get now: its own, where it is a later version."""
    if quote.number is not None:
        return quote.number
    return coming_reference(*_series(quote))


def finalise(
    quote: Quote,
    prepared: Prepared | None = None,
    *,
    accept_zero: bool = False,
) -> None:
    """Give a draft its number, for good.

    `accept_zero` says that a total of zero is meant. Of many quotes at once no document is kept: it
    is made whenever it is asked for. Raises DomainError by field, Outdated where the number or the
    quote are no longer what was `prepared`.
    """
    version = quote.row_version  # before anything is written here
    require(quote, Act.FINALISE)
    check(quote, accept_zero=accept_zero)
    require_approval(quote)
    if quote.number is None:
        quote.number = next_reference(*_series(quote))
    if prepared is not None and (quote.number, version) != (prepared.number, prepared.row_version):
        raise Outdated
    if current_bulk() is None:  # in a bulk the numbers are not known yet
        _freeze(quote, quote.number, prepared)
    quote.finalised_by, quote.finalised_at = current_user_or_none(), utcnow()
    move(quote, Act.FINALISE)
    _advance_opportunity(quote)
    flush()


def _freeze(quote: Quote, number: str, prepared: Prepared | None) -> None:
    """Keep the document that was prepared; made here for those who prepare none."""
    document = prepared.document if prepared is not None else None
    if document is None:
        flush()
        document = document_of(quote, number)
    quote.pdf, quote.pdf_sha256 = document, document.sha256


def _series(quote: Quote) -> tuple[int, str, str, int, int]:
    """Company, kind, prefix, digits, year: the year is that of the quote date (spec 8.2)."""
    company_id = quote.company.id if quote.company is not None else quote.company_id
    settings, year = company_settings(company_id), quote.issued_on.year
    return company_id, "quote", f"{settings.quote_prefix}-{year}-", settings.quote_padding, year


def check(quote: Quote, *, accept_zero: bool = False) -> None:
    """What a quote needs to be finalised, beyond its own rules. Raises DomainError by field."""
    if not any(line.is_item for line in quote.lines):
        raise DomainError(_("Add at least one item line."), field="lines")
    quote.check()
    if not quote.total_incl and not accept_zero:
        raise DomainError(_("The total is zero: confirm that this is meant."), field="total_incl")


def _advance_opportunity(quote: Quote) -> None:
    deal = opportunity_of(quote)
    if deal is not None and (stage := stage_after(deal)) is not None:
        opportunities.move(deal, stage)


def stage_after(deal: Opportunity) -> Stage | None:
    """The stage of sent quotes, to which an open opportunity moves forward, never back."""
    stage, here = app_settings().proposal_stage, deal.stage
    if stage is None or not stage.is_offered or here.kind != StageKind.OPEN:
        return None
    is_later = (stage.position, stage.id) > (here.position, here.id)
    return stage if is_later else None


def opportunity_of(quote: Quote) -> Opportunity | None:
    """Its opportunity outside the bin, whoever may read it."""
    if quote.opportunity is not None or quote.opportunity_id is None:
        return quote.opportunity
    with unfiltered("a quote acts on its opportunity, whoever may open that"):
        return db.session.scalars(
            select(Opportunity).where(
                Opportunity.id == quote.opportunity_id, Opportunity.deleted_at.is_(None)
            )
        ).first()
