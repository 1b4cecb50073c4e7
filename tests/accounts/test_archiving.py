"""Archived accounts: what they leave, what they keep, what they refuse. Source: spec 5.5."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from crm.accounts.models import Account, AccountKind, Contact
from crm.accounts.services import archiving, merging
from crm.core.errors import DomainError
from crm.core.types import utcnow
from crm.leads.models import Lead
from crm.leads.services.converting import Conversion, convert
from crm.opportunities import services as opportunities
from crm.opportunities.models import Opportunity
from tests.factories import again, make, save
from tests.fixtures import Acting, Client
from tests.pressing import press, version_now

pytestmark = pytest.mark.both
AsUser = Callable[[str], Client]
REFUSED = "Hôtel Faro is archived; reopen it first."


@pytest.fixture
def client_of_claire(acting: Acting) -> Account:
    with acting("claire"):
        found: Account = make(Account, kind=AccountKind.CLIENT, name="Hôtel Faro")
        return found


@pytest.fixture
def archived(acting: Acting, client_of_claire: Account) -> Account:
    with acting("claire"):
        save(again(client_of_claire), archived_on=utcnow())
    return client_of_claire


def test_it_leaves_lists_and_comes_back(as_user: AsUser, client_of_claire: Account) -> None:
    claire, pk = as_user("claire"), client_of_claire.id
    everywhere = ("/clients/list/", "/clients/list/?_flt_0_owner=me", "/clients/export")
    for address in everywhere:
        assert "Hôtel Faro" in claire.get(address).text
    assert press(claire, f"/clients/archive/{pk}").status_code == 303
    assert "Hôtel Faro is archived" in claire.get("/clients/list/").text
    for address in everywhere:
        assert "Hôtel Faro" not in claire.get(address).text
    assert "Hôtel Faro" in claire.get("/clients/list/?_flt_4_archived_on=").text
    assert "1" in claire.get("/clients/counts/").text
    assert "Archived on" in claire.get(f"/clients/show/{pk}").text
    assert press(claire, f"/clients/unarchive/{pk}").status_code == 303
    assert "no longer archived" in claire.get("/clients/list/").text
    assert "Hôtel Faro" in claire.get("/clients/list/").text
    assert "Hôtel Faro" not in claire.get("/clients/list/?_flt_4_archived_on=").text


def test_its_page_offers_to_reopen_and_nothing_that_adds(
    as_user: AsUser, archived: Account
) -> None:
    claire, pk = as_user("claire"), archived.id
    page = claire.get(f"/clients/show/{pk}").text
    assert f"/clients/unarchive/{pk}" in page
    assert f"/clients/archive/{pk}" not in page
    assert "/opportunities/add?account" not in page
    assert "/opportunities/add?account" not in claire.get(
        f"/clients/show/{pk}?tab=opportunities.account"
    ).text  # fmt: skip


def test_no_picker_offers_it(as_user: AsUser, archived: Account) -> None:
    claire = as_user("claire")
    for address in ("/opportunities/pick/account", "/quotes/pick/account", "/events/pick/account",
                    "/contacts/pick/links.account", "/clients/pick/parent"):  # fmt: skip
        answer = claire.get(f"{address}?q=Faro")
        assert answer.status_code == 200, address
        assert "Faro" not in answer.text, address


def test_nothing_new_is_linked_to_it_and_what_was_stays(
    acting: Acting, client_of_claire: Account
) -> None:
    with acting("claire"):
        account = again(client_of_claire)
        sale: Opportunity = make(Opportunity, name="Rooms", account=account)
        archiving.archive(account)
        with pytest.raises(DomainError) as refused:
            make(Opportunity, name="More rooms", account=account)
        assert refused.value.fields == {"account": REFUSED}
        with pytest.raises(DomainError):
            make(Contact, name="Silva", links=[{"account": account}])
        opportunities.RULES.update(again(sale), {"name": "Fewer rooms", "account": account})
        assert again(sale).name == "Fewer rooms"


def test_a_lead_is_not_converted_into_it(acting: Acting, archived: Account) -> None:
    with acting("claire"):
        lead: Lead = make(Lead, organization="Faro")
        with pytest.raises(DomainError) as refused:
            convert(lead, Conversion(account=again(archived)))
        assert refused.value.fields == {"account": REFUSED}


@pytest.mark.parametrize(("action", "state", "words"), [
    ("archive", True, "Hôtel Faro is already archived."),
    ("unarchive", False, "Hôtel Faro is not archived."),
])  # fmt: skip
def test_page_and_api_refuse_the_same(
    as_user: AsUser,
    client: Client,
    token_of: Callable[[str], dict[str, str]],
    acting: Acting,
    client_of_claire: Account,
    action: str,
    state: bool,
    words: str,
) -> None:
    claire, path = as_user("claire"), f"/clients/{action}/{client_of_claire.id}"
    url = f"/api/v1/accounts/{client_of_claire.id}/{action}"

    def ask() -> Any:
        body = {"row_version": version_now(claire, path)}
        return client.post(url, json=body, headers=token_of("claire"))

    with acting("claire"):
        save(again(client_of_claire), archived_on=utcnow() if state else None)
    page = press(claire, path)
    assert words in unescape(claire.get(page.headers["Location"]).text)
    refused = ask()
    assert (refused.status_code, refused.get_json()["message"]) == (422, words)
    with acting("claire"):
        save(again(client_of_claire), archived_on=None if state else utcnow())
    done = ask()
    assert done.status_code == 200
    with acting("claire"):
        assert again(client_of_claire).is_archived is state


def test_merged_with_a_live_one_the_kept_one_is_live(acting: Acting, archived: Account) -> None:
    with acting("claire"):
        other: Account = make(Account, kind=AccountKind.CLIENT, name="Faro")
        assert merging.ACCOUNTS.decided["archived_on"]([again(archived), other]) is None
        assert merging.ACCOUNTS.decided["archived_on"]([again(archived)]) is not None
