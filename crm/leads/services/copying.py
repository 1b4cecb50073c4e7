"""What a lead leaves to the account, the contact and the opportunity. Source: spec 4.4."""

from collections.abc import Iterator
from typing import Any

from flask_babel import gettext as _
from markupsafe import escape
from sqlalchemy import ColumnElement, exists, select

from crm.accounts.models import Account, AccountContact, Contact, Nature
from crm.accounts.services import account as accounts
from crm.companies.days import today
from crm.companies.defaults import current_user_or_none, default_owner
from crm.core.actor import Scope, find_actor
from crm.core.db import db
from crm.core.models import spec_of
from crm.core.models.rich_text import clean
from crm.core.models.text import format_day
from crm.core.rows import unfiltered
from crm.leads.models import Lead

# Fields of the same name and meaning on leads and accounts.
REACH = ("phone", "mobile", "website")
TRAITS = ("industry", "category", "source", "score")
FLAGS = ("key_account", "nurturing")
PERSON = ("civility", "first_name")
OPT_OUTS = ("do_not_call", "do_not_email")
# An address of an account, and the lead's fields that it takes.
ADDRESS = {
    "street": "address",
    "postal_code": "postal_code",
    "city": "city",
    "region": "region",
    "country": "country",
}


def nature_of(lead: Lead) -> Nature:
    """An organisation where the lead has one, else a person."""
    return Nature.ORGANIZATION if lead.organization else Nature.PERSON


def account_values(lead: Lead, nature: Nature, *, with_contact: bool) -> dict[str, Any]:
    """The values of a new account; what a contact takes over stays with the contact."""
    values = {name: getattr(lead, name) for name in (*REACH, *TRAITS, *FLAGS, "agency")}
    values |= {"company": lead.company, "nature": nature, "owner": account_owner(lead)}
    values |= {"name": lead.organization or lead.last_name, "tags": list(lead.tags)}
    values |= {"notes": lead.description, "addresses": addresses_of(lead)}
    if nature == Nature.PERSON:
        values |= {name: getattr(lead, name) for name in PERSON}
        values["name"] = lead.last_name or lead.organization
    else:
        values["employees"] = employees_of(lead)
    if not with_contact:
        values |= {name: getattr(lead, name) for name in ("email", *OPT_OUTS)}
    return values


def employees_of(lead: Lead) -> int | None:
    """The smallest number of the lead's size: 20 of "20–99", as an account has one number."""
    digits = (lead.company_size or "").partition("–")[0].rstrip("+")
    return int(digits) if digits else None


def addresses_of(lead: Lead) -> list[dict[str, Any]]:
    """The lead's address as the only one of an account; none where it is empty."""
    address = {name: getattr(lead, own) for name, own in ADDRESS.items()}
    return [{**address, "is_default": True}] if any(address.values()) else []


def account_owner(lead: Lead) -> Any:
    """The lead's owner where they may own an account, else the converter, else nobody."""
    actor, me = find_actor(), current_user_or_none()
    is_free = actor is None or (
        actor.widest_scope("create", Account.__entity__) > Scope.OWN
        and actor.widest_scope("edit", Account.__entity__) >= Scope.TEAM
    )
    wanted = (lead.owner, me) if is_free else (me,)
    return default_owner(accounts.candidates, lead.company, *wanted)


def contact_values(lead: Lead) -> dict[str, Any]:
    """The values of a new contact, without what they do for the account."""
    names = (*PERSON, "last_name", "email", "phone", "mobile", *OPT_OUTS)
    return {name: getattr(lead, name) for name in names}


def contact_link(lead: Lead, account: Account) -> dict[str, Any]:
    """What the lead's person does for the account: its main contact where it has none."""
    return {
        "account": account,
        "job_title": lead.job_title,
        "department": lead.department,
        "is_main": not has_main_contact(account),
    }


def has_main_contact(account: Account) -> bool:
    """Whether the account has a main contact, be it one out of reach; in the bin nobody is."""
    with unfiltered("an account has one main contact, whoever sees them"):
        live = AccountContact.contact.has(Contact.deleted_at.is_(None))
        return _has_link(account, AccountContact.is_main.is_(True) & live)


def works_for(contact: Contact, account: Account) -> bool:
    """Whether the contact is one of this account's, which may have thousands."""
    return _has_link(account, AccountContact.contact_id == contact.id)


def _has_link(account: Account, which: ColumnElement[bool]) -> bool:
    mine = AccountContact.account_id == account.id
    return bool(db.session.scalar(select(exists().where(mine, which))))


def opportunity_name(lead: Lead) -> str:
    """ "Organisation – Source", or the lead's name."""
    if lead.organization and lead.source is not None:
        return f"{lead.organization} – {lead.source}"[:160]
    return str(lead)[:160]


def opportunity_values(lead: Lead, account: Account, contact: Contact | None) -> dict[str, Any]:
    """The values of the opportunity that nobody types."""
    values = {"company": lead.company, "account": account, "contact": contact, "lead": lead}
    return {**values, "source": lead.source}


# An account that exists ────────────────────────────────────────────────────────────────────────


def compared(account: Account, *, with_contact: bool) -> list[str]:
    """The fields of an existing account that the lead's values may fill in."""
    names = [*REACH, *TRAITS]
    names += [] if with_contact else ["email"]
    return [*names, *(PERSON if account.nature == Nature.PERSON else ())]


def missing_values(lead: Lead, account: Account, *, with_contact: bool) -> dict[str, Any]:
    """What the lead knows and an existing account does not: its filled fields are kept."""
    names = compared(account, with_contact=with_contact)
    values = {name: getattr(lead, name) for name in names if _is_empty(account, name)}
    values = {name: value for name, value in values.items() if value not in (None, "")}
    if account.nature == Nature.ORGANIZATION and account.employees is None:
        values |= {"employees": employees_of(lead)} if lead.company_size else {}
    if added := [tag for tag in lead.tags if tag not in account.tags]:
        values["tags"] = [*account.tags, *added]
    if not account.addresses and (addresses := addresses_of(lead)):
        values["addresses"] = addresses
    if lead.description:
        values["notes"] = notes_with(lead, account)
    return values


def differing(lead: Lead, account: Account, *, with_contact: bool) -> Iterator[str]:
    """The fields that both have and that differ: the account's are kept."""
    for name in compared(account, with_contact=with_contact):
        ours, theirs = getattr(lead, name), getattr(account, name)
        if ours in (None, "") or _is_empty(account, name):
            continue
        kind = spec_of(Account, name).kind
        if kind.identity(theirs) != kind.identity(ours):
            yield name


def _is_empty(account: Account, name: str) -> bool:
    """Whether nothing is there, not even a link to a row that is out of reach."""
    return getattr(account, name) in (None, "") and getattr(account, f"{name}_id", None) is None


def notes_with(lead: Lead, account: Account) -> str:
    """The account's notes, and below them the lead's description under a dated line."""
    day = format_day(today(lead.company.time_zone))
    title = _("From the lead %(lead)s, %(day)s", lead=lead, day=day)
    added = f"<p><strong>{escape(title)}</strong></p>{clean(lead.description or '')}"
    return (clean(account.notes) if account.notes else "") + added
