"""Contacts and what they do for their accounts. Source: spec 6."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, select

from crm.accounts.models import Account, AccountContact, AccountKind, Contact, Nature
from crm.accounts.services import account as accounts
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
from crm.core.datamodel.defaults import with_defaults
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import create_row, flush, update_row
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.models.checks import check_row
from crm.core.rows import unfiltered

REPLACE = "replace_main"
# What an individual client has from the contact.
CARRIED = (
    "civility", "first_name", "email", "phone", "mobile", "language", "do_not_call", "do_not_email",
    "notes",
)  # fmt: skip


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
    """A new contact. Raises DomainError by field.

    Among the values `replace_main` says that it may take the place of an account's main contact.
    """
    rest = {name: value for name, value in values.items() if name != REPLACE}
    replace = values.get(REPLACE, False)
    if current_bulk() is None:
        _make_room(rest.get("links") or (), replace=replace)
    contact: Contact = create_row(Contact, rest, RULES)
    _keep_accounts_in_order(contact, replace=replace)
    return contact


def update(contact: Contact, values: Mapping[str, Any]) -> None:
    """Change a contact; `replace_main` as for `create`. Raises DomainError by field."""
    rest = {name: value for name, value in values.items() if name != REPLACE}
    email, account_ids = contact.email, {_account_id(link) for link in contact.links}
    update_row(contact, rest, RULES)
    _keep_accounts_in_order(contact, email, account_ids, replace=values.get(REPLACE, False))


def _keep_accounts_in_order(
    contact: Contact, email: str | None = None, known: Collection[int] = (), *, replace: bool
) -> None:
    """One main contact per account, and no duplicate e-mail address. Source: spec 6.1 and 6.3.

    In the accounts `known` the contact had the address `email` before: one that a merge of accounts
    made double there refuses no other change.
    """
    if current_bulk() is not None:
        check_row(contact)  # not flushed: the address is still as it was typed
    account_ids = [_account_id(link) for link in contact.links]
    new_ids = [pk for pk in account_ids if contact.email != email or pk not in known]
    if contact.email and new_ids:
        _refuse_double_email(contact, new_ids)
    led = [_account_id(link) for link in contact.links if link.is_main]
    if led:
        _lead_alone(contact, led, replace=replace)


def _make_room(links: Sequence[Mapping[str, Any]], *, replace: bool) -> None:
    """Unset the main contacts that a new one follows, before an account is checked with both."""
    led = [link["account"].id for link in links if link.get("is_main") and link.get("account")]
    found = _main_links(led, None) if led else []
    if found and (replace or not taken(led, None)):
        for link in found:
            link.is_main = False


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


def _lead_alone(contact: Contact, account_ids: list[int], *, replace: bool) -> None:
    """Unset the former main contact; one outside the bin only where this may replace them."""
    found = _main_links(account_ids, contact.id)
    if found and not replace:
        said = taken(account_ids, contact.id)
        if said:
            raise DomainError(_("%(taken)s Unset that first.", taken=said), field="links")
    for link in found:
        link.is_main = False
    flush()
    for account_id in account_ids:
        message = _("Choose a single main contact.")
        claim("main_contact", account_id, field="links", message=message)


def _main_links(account_ids: Sequence[int], but: int | None) -> list[AccountContact]:
    """The links to the main contacts of these accounts, without those of the contact `but`."""
    statement = select(AccountContact).where(
        AccountContact.account_id.in_(account_ids), AccountContact.is_main
    )
    if but is not None:
        statement = statement.where(AccountContact.contact_id != but)
    return list(db.session.scalars(statement))


def taken(account_ids: Sequence[int], but: int | None) -> str:
    """Who is the main contact of one of these accounts already, as a sentence; "" for nobody.

    Not by name where the actor does not see them.
    """
    ids = {link.contact_id: link.account for link in _main_links(account_ids, but)}
    with unfiltered("an account has one main contact, whoever sees them"):
        live = select(Contact.id).where(Contact.id.in_(ids), Contact.deleted_at.is_(None))
        pk = db.session.scalars(live.order_by(Contact.id).limit(1)).first()
    if pk is None:
        return ""
    who = db.session.scalars(select(Contact).where(Contact.id == pk)).unique().first()
    if who is None:
        return str(_("%(account)s already has a main contact.", account=ids[pk]))
    return str(_("%(contact)s is the main contact of %(account)s.", contact=who, account=ids[pk]))


def make_individual_client(contact: Contact) -> Account:
    """A client of the contact's own, whose main contact they are. Source: spec 6 ("Do better").

    Raises DomainError where they have one already.
    """
    if is_individual_client(contact):
        raise DomainError(_known_client(contact))
    values: dict[str, Any] = {name: getattr(contact, name) for name in CARRIED}
    values |= {"nature": Nature.PERSON, "kind": AccountKind.CLIENT, "name": contact.last_name}
    values |= {"company": contact.company, "agency": contact.agency}
    if contact.address:
        values["addresses"] = [{"street": contact.address}]
    account = accounts.create(with_defaults(Account, values, accounts.RULES))
    kept = [{"id": link.id} for link in contact.links]
    update(contact, {"links": [*kept, {"account": account, "is_main": True}]})
    return account


def is_individual_client(contact: Contact) -> bool:
    """Whether they have a client of their own."""
    with unfiltered("one person is one individual client, whoever sees it"):
        return db.session.scalar(select(_own_client(contact).exists())) or False


def _own_client(contact: Contact) -> Select[Any]:
    asked = select(Account).join(AccountContact, AccountContact.account_id == Account.id)
    mine = (AccountContact.contact_id == contact.id, Account.nature == Nature.PERSON)
    return asked.where(*mine, Account.deleted_at.is_(None)).order_by(Account.id)


def _known_client(contact: Contact) -> str:
    """That they are an individual client already; which one, only to whom may read it."""
    shown = db.session.scalars(_own_client(contact).limit(1)).unique().first()
    if shown is None:
        return str(_("%(contact)s is an individual client already.", contact=contact))
    return str(
        _(
            "%(contact)s is an individual client already: %(reference)s.",
            contact=contact,
            reference=shown.reference,
        )
    )


def candidates(relation: str, values: Mapping[str, Any]) -> ColumnElement[bool] | None:
    """Accounts and managers of the same company. Source: spec 6.1, 6.3."""
    if relation == "account":  # of a link
        return and_(Account.company_id.in_(company_ids(values)), Account.archived_on.is_(None))
    if relation in ("job_title", "department", "role"):
        return None
    return candidates_of(Contact, relation, values)


RULES = Rules(defaults=defaults, create=create, update=update, candidates=candidates)
