"""/prospects, /clients and /contacts: two views of one table, and the people in it."""

from collections.abc import Callable
from html import unescape

import pytest

from crm.accounts.models import Account, AccountContact, AccountKind, Contact
from crm.calendar.models import Event
from crm.companies.models import AppSettings
from crm.opportunities.models import Opportunity
from crm.quotes.models import Quote
from tests.factories import again, make, person, save
from tests.fixtures import Acting, Cast, Client
from tests.pressing import press

AsUser = Callable[[str], Client]


@pytest.fixture
def client_of_claire(acting: Acting) -> Account:
    """A client of Claire's, with an address."""
    with acting("claire"):
        address = {"street": "12 rue Lanterne", "postal_code": "69001", "city": "Lyon"}
        found: Account = make(Account, kind=AccountKind.CLIENT, addresses=[address])
    return found


@pytest.mark.parametrize(
    "query", ["tab=history", "method=x", "self=x", "endpoint=x", "pk=7", "_scheme=x", "_external=x"]
)
def test_a_link_to_the_former_prospect_leads_on_whatever_it_asks(
    query: str, client_of_claire: Account, as_user: AsUser
) -> None:
    answer = as_user("claire").get(f"/prospects/show/{client_of_claire.id}?{query}")
    assert answer.status_code == 302
    assert answer.location == f"/clients/show/{client_of_claire.id}?{query}"


def test_numbers_are_read_in_groups_and_found_as_they_are_read(
    as_user: AsUser, acting: Acting
) -> None:
    with acting("claire"):
        row = make(Account, name="Faro", kind=AccountKind.CLIENT, siren="732829320")
        make(Account, name="Terreaux", kind=AccountKind.CLIENT, siren="552100554")
    claire = as_user("claire")
    assert "732\u00a0829\u00a0320" in unescape(claire.get(f"/clients/show/{row.id}").text)
    found = claire.get("/clients/list/", query_string={"search": "732\u00a0829\u00a0320"}).text
    assert "Faro" in found
    assert "Terreaux" not in found


def test_a_prospect_and_a_client_have_their_own_lists(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        make(Account, name="Faro", kind=AccountKind.PROSPECT)
        make(Account, name="Terreaux", kind=AccountKind.CLIENT)
    claire = as_user("claire")
    assert "Faro" in claire.get("/prospects/list/").text
    assert "Faro" not in claire.get("/clients/list/").text
    assert "Terreaux" in claire.get("/clients/list/").text


def test_the_numbers_on_the_tabs_come_after_the_list(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        make(Contact, links=[{"account": make(Account)}])
        make(Contact)
    claire = as_user("claire")
    page = claire.get("/contacts/list/").text
    assert 'hx-get="/contacts/counts/"' in page
    for key, number in (("mine", 2), ("unassigned", 0), ("alone", 1), ("all", 2)):
        assert f'id="count-{key}"></span>' in page
        number_of = f'id="count-{key}" hx-swap-oob="true">{number}</span>'
        assert number_of in claire.get("/contacts/counts/").text


@pytest.mark.accept("A-97")
def test_the_other_address_of_an_account_leads_on(
    as_user: AsUser, acting: Acting, client_of_claire: Account
) -> None:
    with acting("claire"):
        prospect = make(Account, kind=AccountKind.PROSPECT).id
    claire, pk = as_user("claire"), client_of_claire.id
    back = claire.get(f"/clients/show/{prospect}")
    assert (back.status_code, back.location) == (302, f"/prospects/show/{prospect}")
    moved = claire.get(f"/prospects/show/{pk}?tab=history")
    assert moved.status_code == 302
    assert moved.headers["Location"] == f"/clients/show/{pk}?tab=history"
    assert claire.get(f"/clients/show/{pk}").status_code == 200


def test_each_form_creates_its_kind(as_user: AsUser, acting: Acting, cast: Cast) -> None:
    claire = as_user("claire")
    data = {"name": "Hôtel", "nature": "organization", "owner": cast.claire}
    for path in ("prospects", "clients"):
        made = claire.post(f"/{path}/add", data=data)
        assert made.status_code == 303, path
        assert made.headers["Location"].startswith(f"/{path}/show/")


def test_addresses_are_lines_of_the_form(as_user: AsUser, acting: Acting, cast: Cast) -> None:
    data = {
        "name": "Hôtel", "nature": "organization", "owner": cast.claire, "addresses-count": 3,
        "addresses-0-street": "1 quai Rambaud", "addresses-0-city": "Lyon",
        "addresses-1-street": "", "addresses-2-city": "Lille", "addresses-2-is_billing": "1",
    }  # fmt: skip
    made = as_user("claire").post("/clients/add", data=data)
    with acting("claire"):
        account = again(Account(id=int(made.headers["Location"].rpartition("/")[2])))
        assert [address.city for address in account.addresses] == ["Lyon", "Lille"]
        assert [address.is_default for address in account.addresses] == [True, False]
    page = as_user("claire").get(made.headers["Location"]).text
    assert "1 quai Rambaud" in page
    assert "None" not in page


def test_making_a_client_is_one_button(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        account = make(Account, kind=AccountKind.PROSPECT)
    claire = as_user("claire")
    made = press(claire, f"/prospects/make_client/{account.id}")
    assert made.headers["Location"] == f"/clients/show/{account.id}"
    assert "Make a client" not in claire.get(f"/clients/show/{account.id}").text


@pytest.mark.accept("A-03")
def test_the_owners_offered_are_those_of_the_groups(
    as_user: AsUser, acting: Acting, cast: Cast, client_of_claire: Account
) -> None:
    marc, url = as_user("marc"), f"/clients/pick/owner?company={cast.france}"
    everyone = {one["value"] for one in marc.get(url).json["results"]}
    assert str(cast.nadia) in everyone
    _assign_by_group(acting, cast)
    chosen = {one["value"] for one in marc.get(url).json["results"]}
    assert chosen == {str(cast.claire), str(cast.hugo)}


@pytest.mark.accept("A-05")
def test_an_owner_who_is_no_longer_assignable_stays_and_is_marked(
    as_user: AsUser, acting: Acting, cast: Cast, client_of_claire: Account
) -> None:
    with acting("marc"):
        save(again(client_of_claire), owner=person(cast.nadia))
    _assign_by_group(acting, cast)
    marc, pk = as_user("marc"), client_of_claire.id
    assert "No longer assignable" in marc.get(f"/clients/show/{pk}").text
    assert "No longer assignable" in marc.get(f"/clients/edit/{pk}").text
    with acting("marc"):
        version = again(client_of_claire).row_version
    data = {"phone": "04 65 71 20 18", "row_version": version}
    assert marc.post(f"/clients/field/{pk}/phone", data=data).status_code == 200
    with acting("marc"):
        assert again(client_of_claire).owner_id == cast.nadia


def _assign_by_group(acting: Acting, cast: Cast) -> None:
    from flask_appbuilder.security.sqla.models import Group

    with acting("alice") as session:
        settings = session.get_one(AppSettings, 1)
        group = session.get_one(Group, cast.sales)
        save(settings, assignable_users="groups", assignable_groups=[group])


def test_the_record_carries_what_hangs_on_it(
    as_user: AsUser, acting: Acting, client_of_claire: Account
) -> None:
    with acting("claire"):
        account = again(client_of_claire)
        make(Contact, last_name="Guichard", links=[{"account": account, "is_main": True}])
        make(Opportunity, account=account, amount=100, name="Projet Alpha")
        make(Quote, account=account, title="Devis Alpha")
        make(Event, account=account, subject="Visite Alpha")
        make(Account, name="Annexe", parent=account)
    claire, url = as_user("claire"), f"/clients/show/{client_of_claire.id}"
    page = claire.get(url).text
    for words in (
        "Guichard",
        "Visite Alpha",
        "€100.00",
        "Create an opportunity",
        "12 rue Lanterne",
    ):
        assert words in page, words
    tabs = {
        "contacts.accounts": "Guichard",
        "opportunities.account": "Projet Alpha",
        "quotes.account": "Devis Alpha",
        "events.account": "Visite Alpha",
        "clients.parent": "Annexe",
    }
    for tab, words in tabs.items():
        assert words in claire.get(f"{url}?tab={tab}").text, tab
    assert claire.get(f"{url}?tab=nothing").status_code == 404


@pytest.mark.accept("A-45")
def test_an_account_with_opportunities_stays(
    as_user: AsUser, acting: Acting, client_of_claire: Account
) -> None:
    with acting("claire"):
        make(Opportunity, account=again(client_of_claire))
    marc, pk = as_user("marc"), client_of_claire.id
    refused = press(marc, f"/clients/delete/{pk}")
    assert refused.headers["Location"] == f"/clients/show/{pk}"
    assert "1 opportunity" in marc.get(f"/clients/show/{pk}").text


def test_a_contact_is_added_from_its_account(
    as_user: AsUser, acting: Acting, client_of_claire: Account, cast: Cast
) -> None:
    claire, pk = as_user("claire"), client_of_claire.id
    assert "selected>Faro<" in claire.get(f"/contacts/add?accounts={pk}").text
    data = {
        "last_name": "Roy", "owner": cast.claire, "links-count": 1, "links-0-account": pk,
        "links-0-is_main": "1",
    }  # fmt: skip
    made = claire.post(f"/contacts/add?accounts={pk}", data=data)
    assert made.status_code == 303
    page = claire.get(made.headers["Location"]).text
    assert f"/clients/show/{pk}" in page
    assert "Main contact" in page


def test_a_link_that_its_editor_cannot_see_survives_the_form(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("marc"):
        hidden = make(Account, name="Secret", owner=person(cast.marc))
        contact = make(Contact, owner=person(cast.claire), links=[{"account": hidden}])
        version, line = contact.row_version, contact.links[0].id
    claire = as_user("claire")
    form = claire.get(f"/contacts/edit/{contact.id}").text
    assert "Secret" not in form
    data = {
        "last_name": "Roy", "first_name": "Paul", "owner": cast.claire, "row_version": version,
        "links-count": 1, "links-0-id": line, "links-0-account": "",
    }  # fmt: skip
    assert claire.post(f"/contacts/edit/{contact.id}", data=data).status_code == 303
    with acting("marc") as session:
        assert session.get_one(AccountContact, line).account_id == hidden.id


def test_agencies_leave_no_trace_while_they_are_not_managed(
    as_user: AsUser, acting: Acting, client_of_claire: Account
) -> None:
    marc = as_user("marc")
    paths = ("/clients/list/", f"/clients/show/{client_of_claire.id}", "/clients/add")
    for path in paths:
        assert "Agency" not in marc.get(path).text, path
    with acting("alice") as session:
        save(session.get_one(AppSettings, 1), manage_agencies=True)
    for path in paths:
        assert "Agency" in marc.get(path).text, path


@pytest.mark.accept("A-81")
def test_another_companys_accounts_do_not_exist(as_user: AsUser, client_of_claire: Account) -> None:
    olga, pk = as_user("olga"), client_of_claire.id
    for path in (f"/clients/show/{pk}", f"/prospects/show/{pk}", f"/clients/edit/{pk}"):
        assert olga.get(path).status_code == 404
    assert press(olga, f"/prospects/make_client/{pk}").status_code == 404
    assert olga.get("/contacts/pick/links.account?q=faro").json["results"] == []
    assert olga.get(f"/contacts/add?accounts={pk}").status_code == 404
    assert "Faro" not in olga.get("/clients/list/?search=faro").text.replace("search=faro", "")


def test_the_form_asks_before_a_main_contact_is_replaced(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("claire"):
        account = make(Account)
        first = make(Contact, links=[{"account": account, "is_main": True}])
    claire = as_user("claire")
    data = {
        "last_name": "Zola",
        "owner": cast.claire,
        "links-0-account": account.id,
        "links-count": 1,
        "links-0-is_main": "1",
    }
    asked = claire.post("/contacts/add", data=data)
    assert asked.status_code == 422
    assert "Roy is the main contact of Faro. Save again to replace them." in unescape(asked.text)
    assert "Replace and save" in asked.text
    with acting("claire"):
        assert again(first).links[0].is_main
    assert 'name="replace_main" value="1"' in asked.text
    assert claire.post("/contacts/add", data={**data, "replace_main": "1"}).status_code == 303
    with acting("claire"):
        assert not again(first).links[0].is_main


def test_a_contact_is_converted_from_its_page(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        contact = make(Contact, first_name="Paul")
    claire = as_user("claire")
    assert "Convert the contact into" in claire.get(f"/contacts/show/{contact.id}").text
    done = press(claire, f"/contacts/make_client/{contact.id}")
    assert claire.get(done.headers["Location"]).text.count("Paul Roy") > 1
    assert "Convert the contact into" not in claire.get(f"/contacts/show/{contact.id}").text
    again_ = press(claire, f"/contacts/make_client/{contact.id}")
    assert "is an individual client already" in claire.get(again_.headers["Location"]).text
    assert press(as_user("olga"), f"/contacts/make_client/{contact.id}").status_code == 404


def test_an_individual_client_out_of_reach_is_not_named(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("marc"):
        contact = make(Contact, owner=person(cast.claire))
        known = make(Account, nature="person", name="Roy", owner=person(cast.marc))
        save(contact, links=[{"account": known}])
    claire = as_user("claire")
    assert claire.get(f"/prospects/show/{known.id}").status_code == 404
    answer = press(claire, f"/contacts/make_client/{contact.id}")
    page = claire.get(answer.headers["Location"]).text
    assert "is an individual client already." in page
    assert known.reference not in page
