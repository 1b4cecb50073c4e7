"""Conversion of a lead into an account, a contact and an opportunity. Source: spec 4.4."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import Account, Contact, Nature
from crm.accounts.services import account as accounts
from crm.accounts.services import contact as contacts
from crm.companies.defaults import current_user_or_none
from crm.companies.vocabulary import first_of_kind
from crm.core import rows
from crm.core.datamodel.defaults import with_defaults
from crm.core.datamodel.link_checks import archived_words
from crm.core.datamodel.relinking import relink
from crm.core.datamodel.saving import update_row
from crm.core.db import db
from crm.core.errors import DomainError, Forbidden
from crm.core.types import utcnow
from crm.leads.models import Lead, LeadStatus, LeadStatusKind
from crm.leads.services import copying
from crm.leads.signals import lead_converted, status_changed
from crm.mail.models import Message
from crm.mail.services import RULES as MESSAGE_RULES
from crm.opportunities import services as opportunities
from crm.opportunities.models import Opportunity, StageKind

Values = Mapping[str, Any]
BECOMES = ("account", "contact", "opportunity")  # relations of a lead, and of what moves with it


@dataclass(frozen=True)
class Conversion:
    """What a lead becomes; the values are those that differ from what the lead itself says.

    An `account` that exists, or the values of a new one; a `contact` of that account, or the values
    of a new one, or neither; the values of an opportunity, or none.
    """

    account: Account | None = None
    new_account: Values | None = None
    contact: Contact | None = None
    new_contact: Values | None = None
    opportunity: Values | None = None


def _nature(lead: Lead, asked: Conversion) -> Nature:
    """That of the account: an organisation where the lead has one, unless said otherwise."""
    if asked.account is not None:
        return asked.account.nature
    said = (asked.new_account or {}).get("nature")
    return Nature(said) if said else copying.nature_of(lead)


def _has_contact(lead: Lead, asked: Conversion) -> bool:
    """Whether the person is a contact of the account; not where the account is the person."""
    is_asked = asked.contact is not None or asked.new_contact is not None
    return is_asked and _nature(lead, asked) == Nature.ORGANIZATION


def conversion_refusal(lead: Lead) -> str:
    """Why this lead cannot be converted; "" where it can."""
    if lead.status.kind == LeadStatusKind.LOST:
        return _("This lead is lost; reopen it first.")
    return _("This lead is already converted.") if lead.is_converted else ""


def convert(lead: Lead, asked: Conversion) -> None:
    """Make the account, the contact and the opportunity, and move what happened to them.

    Raises DomainError; its fields are named by what they are of: `account.name`, `contact.email`,
    `opportunity.amount`, or by the block alone.
    """
    if refusal := conversion_refusal(lead):
        raise DomainError(refusal)
    _refuse_both(asked)
    account = _account(lead, asked)
    contact = _contact(lead, account, asked)
    opportunity = _opportunity(lead, account, contact, asked.opportunity)
    _close(lead, account, contact, opportunity)
    with rows.unfiltered("what happened with a lead goes along, whoever holds it"):
        for relation in BECOMES:
            _move_messages(lead, relation)
    lead_converted.send(lead)


def _refuse_both(asked: Conversion) -> None:
    """Neither of the two is silently left out."""
    if asked.account is not None and asked.new_account is not None:
        message = _("Choose an account or create a new one, not both.")
        raise DomainError(message, field="account")
    if asked.contact is not None and asked.new_contact is not None:
        message = _("Choose a contact or create a new one, not both.")
        raise DomainError(message, field="contact")


def became(lead: Lead) -> list[tuple[str, int]]:
    """(relation, key) of what the lead became."""
    keys = ((relation, getattr(lead, f"{relation}_id")) for relation in BECOMES)
    return [(relation, key) for relation, key in keys if key is not None]


@contextmanager
def _part(block: str) -> Iterator[None]:
    """Name the fields of an error by the block of the page that they are of."""
    try:
        yield
    except DomainError as error:
        if isinstance(error, Forbidden) or not error.fields:
            raise
        named = {f"{block}.{name}": text for name, text in error.fields.items()}
        raise DomainError(error.message, fields=named) from error


def _account(lead: Lead, asked: Conversion) -> Account:
    if asked.account is not None:
        return _linked(lead, asked.account, asked)
    if asked.new_account is None:
        raise DomainError(_("Choose the account."), field="account")
    values = copying.account_values(
        lead, _nature(lead, asked), with_contact=_has_contact(lead, asked)
    )
    values |= asked.new_account
    with _part("account"):
        _refuse_known_siren(lead, values.get("siren"))
        return accounts.create(with_defaults(Account, values, accounts.RULES))


def _linked(lead: Lead, account: Account, asked: Conversion) -> Account:
    """An existing account, with what it lacked where the actor may edit it."""
    if account.company_id != lead.company_id:
        raise DomainError(_("Not a valid choice."), field="account")
    if account.is_archived:  # whoever may not edit it could not reopen it
        raise DomainError(archived_words(account), field="account")
    if rows.may(db.session(), "edit", account):
        values = copying.missing_values(lead, account, with_contact=_has_contact(lead, asked))
        with _part("account"):
            accounts.update(account, values)
    return account


def _refuse_known_siren(lead: Lead, siren: str | None) -> None:
    """Name the account that has this SIREN, if the actor may read it; else its index refuses."""
    if not siren:
        return
    same = select(Account).where(Account.company_id == lead.company_id, Account.siren == siren)
    known = db.session.scalars(same).unique().first()
    if known is not None:
        text = _("An account with this SIREN exists: %(account)s.", account=known)
        raise DomainError(text, field="siren")


def _contact(lead: Lead, account: Account, asked: Conversion) -> Contact | None:
    if not _has_contact(lead, asked):
        return None
    if asked.contact is not None:
        if not copying.works_for(asked.contact, account):
            raise DomainError(_("Choose a contact of this account."), field="contact")
        return asked.contact
    values = {**copying.contact_values(lead), **(asked.new_contact or {})}
    values |= {"company": lead.company, "links": [copying.contact_link(lead, account)]}
    with _part("contact"):
        return contacts.create(with_defaults(Contact, values, contacts.RULES))


def _opportunity(
    lead: Lead, account: Account, contact: Contact | None, asked: Values | None
) -> Opportunity | None:
    if asked is None:
        return None
    values = {**asked, **copying.opportunity_values(lead, account, contact)}
    if not values.get("name"):
        values["name"] = copying.opportunity_name(lead)
    with _part("opportunity"):
        stage = values.get("stage")
        if stage is not None and stage.kind != StageKind.OPEN:
            raise DomainError(_("Choose an open stage."), field="stage")
        return opportunities.create(with_defaults(Opportunity, values, opportunities.RULES))


def _close(
    lead: Lead, account: Account, contact: Contact | None, opportunity: Opportunity | None
) -> None:
    """Set what the lead became, and its status."""
    before, after = lead.status, first_of_kind(LeadStatus, LeadStatusKind.CONVERTED)
    lead.account, lead.contact, lead.opportunity = account, contact, opportunity
    lead.converted_on, lead.converted_by = utcnow(), current_user_or_none()
    lead.status = after
    update_row(lead, {})
    status_changed.send(lead, before=before, after=after)


def _move_messages(lead: Lead, relation: str) -> None:
    """Link the lead's e-mails and sendings to what it became, too."""
    target = getattr(lead, relation)
    if target is not None:
        mine = (Message.lead_id == lead.id, getattr(Message, f"{relation}_id").is_(None))
        relink(Message, relation, target, mine, MESSAGE_RULES)
