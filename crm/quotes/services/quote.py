"""Quotes, from an opportunity, an account or nothing. Source: spec 8.3."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, select

from crm.accounts.models import Account, AccountContact, Contact, Nature
from crm.accounts.services.account import main_contact
from crm.companies.choices import candidates_of, company_ids
from crm.companies.days import today
from crm.companies.defaults import (
    current_user_or_none,
    default_owner,
    fill_company,
    fill_empty,
    of_company,
    pick_agency,
    set_default,
)
from crm.companies.models import Company
from crm.companies.moves import split_outcome
from crm.companies.settings import company_settings
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import create_row, update_row
from crm.core.errors import DomainError
from crm.opportunities.models import Opportunity, StageKind
from crm.quotes.models import Product, Quote, QuoteStatus
from crm.quotes.services import versions
from crm.quotes.services.language import language_of
from crm.quotes.services.lines import Terms, complete, of_opportunity
from crm.quotes.services.moves import SERVICES, perform
from crm.quotes.services.states import Act, act_towards, require

# Set by moves only, and accepted with the status that they lead to.
OUTCOME = tuple(name for one in SERVICES.values() for name in one.fields if name != "valid_until")
GIVEN_AT_CREATION = ("status", *OUTCOME)


def defaults(values: dict[str, Any]) -> dict[str, Any]:
    """Defaults from the opportunity, then from the account."""
    source: Opportunity | None = values.get("opportunity")
    fill_empty(values, "account", lambda: source.account if source else None)
    company = fill_company(values, values["account"], source)
    deal = of_company(company, source)
    account: Account | None = of_company(company, values["account"])
    settings = company_settings(company.id)
    fill_empty(values, "issued_on", lambda: today(company.time_zone))
    validity = timedelta(days=settings.quote_validity_days)
    fill_empty(values, "valid_until", lambda: values["issued_on"] + validity)
    fill_empty(values, "currency", lambda: _currency(deal, account, company))
    set_default(values, "title", lambda: deal.name if deal else None)
    set_default(
        values, "contact", lambda: deal.contact if deal else account and main_contact(account)
    )
    owners = (deal.owner if deal else None, current_user_or_none())
    set_default(values, "owner", lambda: default_owner(candidates, company, *owners))
    set_default(values, "agency", lambda: pick_agency(company, deal, account, values["owner"]))
    set_default(values, "billing_address", lambda: _address(account, "is_billing"))
    set_default(values, "delivery_address", lambda: _address(account, "is_delivery"))
    for_person = account is not None and account.nature == Nature.PERSON
    set_default(values, "prices_include_tax", lambda: for_person)
    language = language_of(account, values["contact"], company)
    terms = Terms(settings.default_vat_rate, values["currency"], bool(values["prices_include_tax"]))
    set_default(values, "lines", lambda: _lines(deal, terms, language) if deal else [])
    return values


def _lines(deal: Opportunity, terms: Terms, language: str) -> list[dict[str, Any]]:
    """The lines of an opportunity, which the customer reads."""
    with force_locale(language):
        return of_opportunity(deal, terms)


def _currency(deal: Opportunity | None, account: Account | None, company: Company) -> str:
    of_account = account.currency if account is not None else None
    return (deal.currency if deal is not None else None) or of_account or company.currency


def _address(account: Account | None, use: str) -> str | None:
    """A copy of the account's address for this use, else of its main one, as text."""
    if account is None:
        return None
    found = (address for address in account.addresses if getattr(address, use))
    address = next(found, account.main_address)
    return f"{account}\n{address}" if address is not None else None


def create(values: Mapping[str, Any]) -> Quote:
    """A new draft. Raises DomainError by field.

    In another status it is a draft first, then what leads to that is done, with what it needs.
    """
    rest, status, outcome = _split(values)
    quote = _create_draft(rest)
    for act in _acts_towards(quote, status, outcome):
        perform(quote, act, outcome)
    return quote


def _create_draft(values: Mapping[str, Any]) -> Quote:
    deal: Opportunity | None = values.get("opportunity")
    if values.get("account") is None:
        raise DomainError(_("Choose a client before creating a quote."), field="account")
    if deal is not None and deal.stage.kind == StageKind.LOST:
        message = _("This opportunity is lost; reopen it first.")
        raise DomainError(message, field="opportunity")
    quote: Quote = create_row(Quote, _with_lines(values, values["company"].id, values), RULES)
    return quote


def update(quote: Quote, values: Mapping[str, Any]) -> None:
    """Change a draft; another status among the values is a move.

    Raises DomainError by field, those of lines as `lines.0.quantity`.
    """
    rest, status, outcome = _split(values)
    act = None
    if status is not None and status != quote.status:
        act = act_towards(quote, status)
        require(quote, act)
        if act is Act.EXTEND and "valid_until" in rest:
            outcome["valid_until"] = rest.pop("valid_until")
    elif outcome:
        _refuse_outcome(quote, outcome)
    if rest:
        said = {name: getattr(quote, name) for name in ("currency", "prices_include_tax")}
        update_row(quote, _with_lines(rest, quote.company_id, {**said, **rest}), RULES)
    if act is not None:
        perform(quote, act, outcome)


def _split(
    values: Mapping[str, Any],
) -> tuple[dict[str, Any], QuoteStatus | None, dict[str, Any]]:
    """The fields to save, the status that is asked for, and what goes with its move."""
    rest, outcome = split_outcome(values, OUTCOME)
    status = rest.pop("status", None)
    return rest, QuoteStatus(status) if status is not None else None, outcome


def _refuse_outcome(quote: Quote, outcome: Mapping[str, Any]) -> None:
    """What a move sets is not changed without one. Raises DomainError by field."""
    changed = [name for name, value in outcome.items() if getattr(quote, name, None) != value]
    message = _("Only a change of status sets this field.")
    if changed:
        raise DomainError(fields=dict.fromkeys(changed, message))


def _acts_towards(
    quote: Quote, status: QuoteStatus | None, outcome: Mapping[str, Any]
) -> Iterator[Act]:
    """What is done to a new draft so that it gets this status."""
    if status in (None, QuoteStatus.DRAFT):
        _refuse_outcome(quote, outcome)
        return
    if status != QuoteStatus.CANCELLED:
        yield Act.FINALISE
    if status != QuoteStatus.FINALISED:
        yield act_towards(quote, status)


def _with_lines(
    values: Mapping[str, Any], company_id: int, said: Mapping[str, Any]
) -> dict[str, Any]:
    if "lines" not in values:
        return dict(values)
    terms = Terms(
        company_settings(company_id).default_vat_rate,
        said["currency"],
        bool(said["prices_include_tax"]),
    )
    return {**values, "lines": complete(values["lines"] or (), terms)}


def candidates(relation: str, values: Mapping[str, Any]) -> ColumnElement[bool] | None:
    """Contacts and opportunities of the account; products in use. Source: spec 8.1."""
    if relation == "product":  # of a line
        return and_(Product.active.is_(True), Product.company_id.in_(company_ids(values)))
    if relation in ("unit", "vat_rate"):
        return None
    condition = candidates_of(Quote, relation, values)
    account = values.get("account")
    account_id = account.id if account is not None else values.get("account_id")
    if condition is None or account_id is None:
        return condition
    if relation == "opportunity":
        return and_(condition, Opportunity.account_id == account_id)
    if relation == "contact":
        known = select(AccountContact.contact_id).where(AccountContact.account_id == account_id)
        return and_(condition, Contact.id.in_(known))
    return condition


def refusal(relation: str, values: Mapping[str, Any]) -> str | None:
    """Why a contact or an opportunity was refused."""
    words = {
        "contact": _("Choose a contact of this account."),
        "opportunity": _("This opportunity belongs to another account."),
    }
    return str(words[relation]) if relation in words else None


RULES = Rules(
    defaults=defaults,
    create=create,
    update=update,
    delete=versions.delete,
    restore=versions.restore,
    candidates=candidates,
    narrowed_by=("company", "account"),
    refusal=refusal,
    given_at_creation=GIVEN_AT_CREATION,
)
