"""Contacts and what they do for their accounts. Source: spec 6."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select

from crm.accounts.models import Account, AccountContact, Contact
from crm.companies.choices import candidates_of, company_ids
from crm.companies.defaults import (
    current_user_or_none,
    default_owner,
    fill_company,
    of_company,
    pick_agency,
    set_default,
)
from crm.core.datamodel.bulk import claim, current_bulk
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import create_row, flush, update_row
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.models.checks import check_row
from crm.core.rows import unfiltered


def defaults(values: dict[str, Any]) -> dict[str, Any]:
    """Company, owner and agency of the first account; `accounts` may stand for bare links."""
    accounts = values.pop("accounts", None) or ()
    values["links"] = values.get("links") or [{"account": account} for account in accounts]
    account = next((link["account"] for link in values["links"] if link.get("account")), None)
    company = fill_company(values, account)
    account = of_company(company, account)
    owners = (account.owner if account else None, current_user_or_none())
    set_default(values, "owner", lambda: default_owner(candidates, company, *owners))
    set_default(values, "agency", lambda: pick_agency(company, account, values["owner"]))
    return values


def create(values: Mapping[str, Any]) -> Contact:
    """A new contact. Raises DomainError by field."""
    contact: Contact = create_row(Contact, values, RULES)
    _keep_accounts_in_order(contact)
    return contact


def update(contact: Contact, values: Mapping[str, Any]) -> None:
    """Change a contact. Raises DomainError by field."""
    update_row(contact, values, RULES)
    _keep_accounts_in_order(contact)


def _keep_accounts_in_order(contact: Contact) -> None:
    """One main contact per account, and no duplicate e-mail address. Source: spec 6.1 and 6.3."""
    if current_bulk() is not None:
        check_row(contact)  # not flushed: the address is still as it was typed
    account_ids = [_account_id(link) for link in contact.links]
    if contact.email and account_ids:
        _refuse_double_email(contact, account_ids)
    led = [_account_id(link) for link in contact.links if link.is_main]
    if led:
        _step_down(contact, led)


def _account_id(link: AccountContact) -> int:
    """The account's id, also where an import has not flushed the link yet."""
    return link.account_id or link.account.id


def _refuse_double_email(contact: Contact, account_ids: list[int]) -> None:
    statement = (
        select(Contact.id)
        .join(AccountContact, AccountContact.contact_id == Contact.id)
        .where(
            AccountContact.account_id.in_(account_ids),
            Contact.email == contact.email,
            Contact.id != contact.id,
            Contact.deleted_at.is_(None),
        )
    )
    with unfiltered("an address is unique among the contacts of an account, whoever sees them"):
        found = db.session.execute(statement.limit(1)).first()
    message = _("Another contact of this account already has this e-mail address.")
    if found is not None:
        raise DomainError(message, field="email")
    for account_id in account_ids:
        claim("contact", account_id, contact.email, field="email", message=message)


def _step_down(contact: Contact, account_ids: list[int]) -> None:
    """Unset the former main contact of accounts that get a new one."""
    statement = select(AccountContact).where(
        AccountContact.account_id.in_(account_ids),
        AccountContact.is_main,
        AccountContact.contact_id != contact.id,
    )
    for link in db.session.scalars(statement):
        link.is_main = False
    flush()


def candidates(relation: str, values: Mapping[str, Any]) -> ColumnElement[bool] | None:
    """Accounts and managers of the same company. Source: spec 6.1, 6.3."""
    if relation == "account":  # of a link
        return Account.company_id.in_(company_ids(values))
    if relation in ("job_title", "department", "role"):
        return None
    return candidates_of(Contact, relation, values)


RULES = Rules(defaults=defaults, create=create, update=update, candidates=candidates)
