"""Contacts whose e-mail address a merge of their accounts made double. Source: spec 6.1 and 6.4."""

from collections.abc import Callable
from html import unescape

import pytest

from crm.accounts.models import Account, AccountKind, Contact
from crm.accounts.services import contact as contacts
from crm.accounts.services.merging import ACCOUNTS
from crm.core.errors import DomainError
from crm.core.merging import merge, plan_merge
from tests.accounts.test_merge_views import posted
from tests.factories import again, make, save
from tests.fixtures import Acting, Client
from tests.imports.conftest import Load, load  # noqa: F401

AsUser = Callable[[str], Client]
SAME = "anna@faro.example"
MAP = """
key = { field = "external_ref", found = "update" }
[columns]
ref = "external_ref"
mail = "email"
phone = "phone"
"""


@pytest.fixture
def twins(acting: Acting) -> tuple[list[Account], list[Contact]]:
    """Two accounts, and a contact of each; both contacts have the same address."""
    with acting("marc"):
        accounts = [make(Account, name=name, kind=AccountKind.CLIENT) for name in ("Faro", "Far")]
        made = [
            make(Contact, last_name=name, email=SAME, links=[{"account": account}])
            for name, account in zip(("Petit", "Petite"), accounts, strict=True)
        ]
        make(
            Contact, last_name="Other", email="other@faro.example", links=[{"account": accounts[0]}]
        )
    return accounts, made


def test_the_merge_page_names_them_before_and_after(
    as_user: AsUser, twins: tuple[list[Account], list[Contact]]
) -> None:
    (a, b), (first, second) = twins
    marc = as_user("marc")
    names = f"{first}, {second}"
    page = unescape(marc.get(f"/clients/merge?ids={a.id},{b.id}").text)
    assert f"Contacts of theirs have the same e-mail address: {names}." in page
    answer = posted(marc, (a.id, b.id), keep=a.id)
    page = unescape(marc.get(answer.location).text)
    assert f"These contacts have the same e-mail address: {names}." in page


def test_nothing_is_said_where_all_addresses_differ(as_user: AsUser, acting: Acting) -> None:
    with acting("marc"):
        accounts = [make(Account, kind=AccountKind.CLIENT) for _number in range(2)]
        for number, account in enumerate(accounts):
            make(Contact, email=f"a{number}@faro.example", links=[{"account": account}])
            make(Contact, email=None, links=[{"account": account}])
    a, b = (account.id for account in accounts)
    marc = as_user("marc")
    assert "same e-mail address" not in marc.get(f"/clients/merge?ids={a},{b}").text
    answer = posted(marc, (a, b), keep=a)
    assert "same e-mail address" not in marc.get(answer.location).text


@pytest.mark.both
def test_each_of_them_is_saved_as_long_as_the_address_stays(
    acting: Acting, twins: tuple[list[Account], list[Contact]]
) -> None:
    accounts, (first, second) = twins
    with acting("marc"):
        rows = [again(one) for one in accounts]
        merge(plan_merge(rows, rows[0], {}, ACCOUNTS))
    with acting("marc"):
        contacts.update(again(first), {"phone": "04 72 00 00 01"})
        links = [{"id": link.id, "is_main": True} for link in again(second).links]
        contacts.update(again(second), {"links": links})
    with acting("marc") as session:
        contacts.update(again(first), {"email": "anna.petit@faro.example"})
        session.flush()
        with pytest.raises(DomainError) as no:
            contacts.update(again(first), {"email": SAME})
        assert no.value.fields == {
            "email": "Another contact of this account already has this e-mail address."
        }
        session.rollback()


@pytest.mark.both
def test_an_import_that_writes_the_address_otherwise_saves_it_too(
    load: Load,  # noqa: F811
    acting: Acting,
    twins: tuple[list[Account], list[Contact]],
) -> None:
    accounts, contacts_of_both = twins
    with acting("marc"):
        for contact in contacts_of_both:
            save(again(contact), external_ref=contact.last_name)
        rows = [again(one) for one in accounts]
        merge(plan_merge(rows, rows[0], {}, ACCOUNTS))
    told = load("contacts", "ref,mail,phone\nPetit,Anna@FARO.example,0472000001\n", MAP)
    assert told.is_written, told.lines
    told = load("contacts", "ref,mail,phone\nPetit,other@faro.example,0472000002\n", MAP)
    assert "Another contact of this account already has this e-mail address." in told


@pytest.mark.both
def test_a_contact_is_not_linked_to_an_account_that_has_the_address(
    acting: Acting, twins: tuple[list[Account], list[Contact]]
) -> None:
    (_first, other), (contact, _second) = twins
    with acting("marc") as session:
        kept = [{"id": link.id} for link in again(contact).links]
        with pytest.raises(DomainError) as no:
            contacts.update(again(contact), {"links": [*kept, {"account": again(other)}]})
        assert list(no.value.fields) == ["email"]
        session.rollback()
