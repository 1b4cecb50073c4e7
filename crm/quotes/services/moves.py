"""What becomes of a finalised quote: sent, accepted, refused, expired, cancelled (spec 8.4)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict, Unpack

from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import Account
from crm.accounts.services.prospects import become_client
from crm.companies.days import today
from crm.companies.defaults import company_by_id
from crm.core.datamodel.saving import flush
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.files.models import StoredFile
from crm.core.models.text import format_day
from crm.core.rows import unfiltered
from crm.core.types import utcnow
from crm.quotes.models import Quote, QuoteStatus
from crm.quotes.services import states
from crm.quotes.services.finalising import finalise
from crm.quotes.services.former import bring_back
from crm.quotes.services.states import Act


class Acceptance(TypedDict, total=False):
    """What is known of an acceptance."""

    accepted_on: date | None  # a day in the company's time zone; today where it is not given
    accepted_by: str | None  # the name of the customer who accepted
    signed_pdf: StoredFile | None


def mark_sent(quote: Quote) -> None:
    """It was sent. Raises DomainError."""
    states.move(quote, Act.SEND)
    quote.sent_at = utcnow()
    flush()


def take_back_sending(quote: Quote) -> None:
    """The e-mail by which it was sent did not leave: it is as finalised as before.

    One that has expired or was replaced in the meantime comes back as finalised.
    """
    quote.sent_at = None
    if quote.status == QuoteStatus.SENT:
        quote.status = QuoteStatus.FINALISED
    flush()


def resume_sending(quote: Quote) -> None:
    """That e-mail leaves after all."""
    if quote.status == QuoteStatus.FINALISED:
        mark_sent(quote)
    elif quote.status in states.COMING_BACK and quote.sent_at is None:
        quote.sent_at = utcnow()
        flush()


def accept(quote: Quote, **known: Unpack[Acceptance]) -> None:
    """The customer accepts: a prospect becomes a client. Raises DomainError by field."""
    states.require(quote, Act.ACCEPT)
    _require(known, "accepted_by", _("Enter who accepted the quote."))
    _refuse_day(quote, known.get("accepted_on"))
    quote.accepted_on = known.get("accepted_on") or local_day(quote)
    quote.accepted_by = known.get("accepted_by")
    quote.signed_pdf = known.get("signed_pdf")
    states.move(quote, Act.ACCEPT)
    if (account := _account_of(quote)) is not None:
        become_client(account)
    flush()


def refuse(quote: Quote, *, refusal_reason: str | None = None) -> None:
    """The customer refuses. Raises DomainError by field."""
    states.require(quote, Act.REFUSE)
    _require({"refusal_reason": refusal_reason}, "refusal_reason", _("Enter a reason."))
    quote.refusal_reason, quote.refused_on = refusal_reason, local_day(quote)
    states.move(quote, Act.REFUSE)
    flush()


def cancel(quote: Quote, *, cancellation_reason: str | None = None) -> None:
    """It no longer holds; its number stays its own. Raises DomainError by field.

    What a draft was to replace is again what it was.
    """
    states.require(quote, Act.CANCEL)
    given = {"cancellation_reason": cancellation_reason}
    _require(given, "cancellation_reason", _("Enter a reason."))
    quote.cancellation_reason, quote.cancelled_on = cancellation_reason, local_day(quote)
    if quote.is_draft:
        bring_back(quote)
    states.move(quote, Act.CANCEL)
    flush()


def expire(quote: Quote) -> None:
    """It was not answered in time. Raises DomainError on `valid_until` while it is valid."""
    states.require(quote, Act.EXPIRE)
    if not is_overdue(quote):
        raise DomainError(_("This quote is still valid."), field="valid_until")
    states.move(quote, Act.EXPIRE)
    flush()


def is_overdue(quote: Quote) -> bool:
    """Whether its last day has passed."""
    return quote.valid_until < local_day(quote)


def extend(quote: Quote, *, valid_until: date | None = None) -> None:
    """It is valid again, until another day. Raises DomainError on `valid_until`."""
    states.require(quote, Act.EXTEND)
    if valid_until is None or valid_until < local_day(quote):
        raise DomainError(_("Choose today or a later date."), field="valid_until")
    states.move(quote, Act.EXTEND)
    quote.valid_until = valid_until
    flush()


def _replace(quote: Quote) -> None:
    states.require(quote, Act.REPLACE)
    raise DomainError(_("A quote is replaced by creating its new version."), field="status")


@dataclass(frozen=True)
class Service:
    """What does an act, the fields that go with it, and what is answered with yes or no."""

    call: Callable[..., None]
    fields: tuple[str, ...] = ()
    switches: tuple[str, ...] = ()


# What page, API and import have in common; a service raises DomainError by field.
SERVICES: Mapping[Act, Service] = {
    Act.FINALISE: Service(finalise, switches=("accept_zero",)),
    Act.SEND: Service(mark_sent),
    Act.ACCEPT: Service(accept, ("accepted_on", "accepted_by")),
    Act.REFUSE: Service(refuse, ("refusal_reason",)),
    Act.EXPIRE: Service(expire),
    Act.EXTEND: Service(extend, ("valid_until",)),
    Act.CANCEL: Service(cancel, ("cancellation_reason",)),
    Act.REPLACE: Service(_replace),
}


def perform(quote: Quote, act: Act, outcome: Mapping[str, Any]) -> None:
    """Do `act` with what it needs of `outcome`. Raises DomainError by field."""
    service = SERVICES[act]
    states.require(quote, act)
    service.call(quote, **{name: outcome[name] for name in service.fields if name in outcome})


def _require(given: Mapping[str, Any], name: str, message: str) -> None:
    if not given.get(name):
        raise DomainError(message, field=name)


def _refuse_day(quote: Quote, accepted_on: date | None) -> None:
    if accepted_on is None:
        return
    now = local_day(quote)
    if accepted_on > now:
        raise DomainError(_("This date is in the future."), field="accepted_on")
    if accepted_on < min(quote.issued_on, now):  # a quote of tomorrow may be accepted today
        day = format_day(quote.issued_on)
        message = _("The quote is of %(day)s: it cannot be accepted before.", day=day)
        raise DomainError(message, field="accepted_on")


def local_day(quote: Quote) -> date:
    """The current day where its company is."""
    company = quote.company or company_by_id(quote.company_id)
    return today(company.time_zone if company is not None else None)


def _account_of(quote: Quote) -> Account | None:
    """Its account outside the bin, whoever may read it."""
    if quote.account is not None:
        return quote.account
    with unfiltered("a quote makes its prospect a client, whoever may open that"):
        return db.session.scalars(
            select(Account).where(Account.id == quote.account_id, Account.deleted_at.is_(None))
        ).first()
