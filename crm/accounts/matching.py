"""What is compared of accounts and contacts to find duplicates. Source: spec 6.4."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Account, AccountAddress, AccountContact, Contact, Nature
from crm.core.actor import find_actor
from crm.core.rows import unfiltered
from crm.duplicates.facts import Facts
from crm.duplicates.models import ACCOUNT_KEYS, CONTACT_KEYS
from crm.duplicates.sources import Source, Values

DETAILS = ("company_id", "email", "phone", "mobile")
ACCOUNT = (
    *DETAILS, "nature", "name", "first_name", "website", "siren", "siret", "vat_number",
)  # fmt: skip
CONTACT = (*DETAILS, "first_name", "last_name")


def details(values: Values) -> dict[str, Any]:
    """The facts that all three kinds of record have: of which company, and how they are reached."""
    mobile = values.get("mobile")
    return {
        "company_id": values.get("company_id") or _chosen_company(values),
        "email": values.get("email") or "",
        "phones": frozenset(filter(None, (values.get("phone"), mobile))),
        "mobiles": frozenset(filter(None, (mobile,))),
    }


def _chosen_company(values: Values) -> int:
    """The id of the company of a form, which has no such field where there is one only."""
    actor = find_actor()
    company = values.get("company") or (actor.company if actor is not None else None)
    return company.id if company is not None else 0


def _account(values: Values, addresses: Iterable[Values]) -> Facts:
    is_person = values.get("nature") == Nature.PERSON
    name = values.get("name") or ""
    codes, cities = ([one.get(part) for one in addresses] for part in ("postal_code", "city"))
    return Facts(
        **details(values),
        organization="" if is_person else name,
        person=(values.get("first_name") or "", name) if is_person else ("", ""),
        website=values.get("website") or "",
        siren=values.get("siren") or "",
        siret=values.get("siret") or "",
        vat_number=values.get("vat_number") or "",
        postal_codes=frozenset(filter(None, codes)),
        cities=frozenset(filter(None, cities)),
    )


def account_facts(session: Session, ids: Iterable[int]) -> dict[int, Facts]:
    """The facts of these accounts, without those in the bin: two statements."""
    address = AccountAddress
    with unfiltered("every record has keys; the row filter says which ones are shown"):
        asked = select(Account.id, *(getattr(Account, name) for name in ACCOUNT))
        rows = session.execute(asked.where(Account.id.in_(ids), Account.deleted_at.is_(None)))
        found = {row.id: row._asdict() for row in rows}
        places: dict[int, list[Values]] = {pk: [] for pk in found}
        lines = select(address.account_id, address.postal_code, address.city)
        for line in session.execute(lines.where(address.account_id.in_(found))) if found else ():
            places[line.account_id].append({"postal_code": line.postal_code, "city": line.city})
    return {pk: _account(values, places[pk]) for pk, values in found.items()}


def _account_of_values(values: Values) -> Facts:
    return _account(values, values.get("addresses") or ())


def _contact(values: Values, accounts: Iterable[int]) -> Facts:
    person = (values.get("first_name") or "", values.get("last_name") or "")
    return Facts(**details(values), person=person, accounts=frozenset(accounts))


def contact_facts(session: Session, ids: Iterable[int]) -> dict[int, Facts]:
    """The facts of these contacts, without those in the bin: two statements."""
    link = AccountContact
    with unfiltered("every record has keys; the row filter says which ones are shown"):
        asked = select(Contact.id, *(getattr(Contact, name) for name in CONTACT))
        rows = session.execute(asked.where(Contact.id.in_(ids), Contact.deleted_at.is_(None)))
        found = {row.id: row._asdict() for row in rows}
        accounts: dict[int, list[int]] = {pk: [] for pk in found}
        lines = select(link.contact_id, link.account_id).where(link.contact_id.in_(found))
        for line in session.execute(lines) if found else ():
            accounts[line.contact_id].append(line.account_id)
    return {pk: _contact(values, accounts[pk]) for pk, values in found.items()}


def _contact_of_values(values: Values) -> Facts:
    accounts = (line.get("account_id") or line.get("account") for line in values.get("links") or ())
    ids = (one if isinstance(one, int) else one.id for one in accounts if one is not None)
    return _contact(values, ids)


ACCOUNTS = Source(
    Account,
    ACCOUNT_KEYS,
    account_facts,
    _account_of_values,
    {
        Account: ("id", frozenset({*ACCOUNT, "deleted_at"})),
        AccountAddress: ("account_id", frozenset({"account_id", "postal_code", "city"})),
    },
)
CONTACTS = Source(
    Contact,
    CONTACT_KEYS,
    contact_facts,
    _contact_of_values,
    {
        Contact: ("id", frozenset({*CONTACT, "deleted_at"})),
        AccountContact: ("contact_id", frozenset({"account_id", "contact_id"})),
    },
)
