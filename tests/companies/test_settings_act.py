"""Each setting acts on pages, pickers and API at the next request, on and off."""

import pytest

from crm.accounts.models import Account, Contact
from crm.calendar.models import Event
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from crm.quotes.models import Quote
from tests.companies.filled import save
from tests.factories import make, person, table_of


@pytest.fixture
def client_of_nadia(acting, cast):
    """A client whose owner is in the group Support alone."""
    with acting("marc"):
        values = {"name": "Bâti Rhône", "kind": "client", "owner": person(cast.nadia)}
        return table_of(Account).create({**values, "notes": "Paie à trente jours"}).id


@pytest.fixture
def groups_mode(as_user, cast):
    """Only members of Sales may own accounts."""
    chosen = {"assignable_users": "groups", "assignable_groups": str(cast.sales)}
    assert save(as_user("alice"), **chosen).status_code == 303


def owners(client, cast):
    """The names that the picker of an account's owner offers."""
    answer = client.get(f"/clients/pick/owner?company={cast.france}").json
    return {row["text"] for row in answer["results"]}


@pytest.mark.accept("A-03")
def test_groups_decide_who_is_offered_as_owner(as_user, cast):
    marc, alice = as_user("marc"), as_user("alice")
    assert {"Claire Colin", "Hugo Henry", "Nadia Noël"} <= owners(marc, cast)
    save(alice, assignable_users="groups", assignable_groups=str(cast.sales))
    assert owners(marc, cast) == {"Claire Colin", "Hugo Henry"}
    save(alice, assignable_users="all")
    assert "Nadia Noël" in owners(marc, cast)


@pytest.mark.accept("A-04")
@pytest.mark.usefixtures("groups_mode")
def test_an_owner_outside_the_groups_is_refused_by_form_edit_in_place_and_api(
    as_user, token_of, client, cast
):
    words = "Only members of Sales can own this account."
    marc = as_user("marc")
    values = {"name": "Faro", "kind": "client", "nature": "organization"}
    answer = marc.post("/clients/add", data={**values, "owner": cast.nadia})
    assert answer.status_code == 422
    assert words in answer.text
    assert marc.post("/clients/add", data={**values, "owner": cast.hugo}).status_code == 303
    held = {"owner": cast.nadia, "row_version": 1}
    answer = marc.post("/clients/field/1/owner", data=held)
    assert answer.status_code == 422
    assert words in answer.text
    answer = client.put("/api/v1/accounts/1", json=held, headers=token_of("marc"))
    assert answer.status_code == 422
    assert words in answer.text


def test_leads_and_opportunities_follow_where_that_is_asked(as_user, cast):
    alice, claire = as_user("alice"), as_user("claire")
    chosen = {"assignable_users": "groups", "assignable_groups": str(cast.sales)}
    save(alice, **chosen)
    pick = f"/leads/pick/owner?company={cast.france}"
    assert "Nadia Noël" in {row["text"] for row in claire.get(pick).json["results"]}
    save(alice, **chosen, assignable_everywhere="1")
    assert "Nadia Noël" not in {row["text"] for row in claire.get(pick).json["results"]}


@pytest.mark.accept("A-05")
def test_an_owner_from_before_stays_and_is_marked(as_user, everything, client_of_nadia, cast):
    save(as_user("alice"), assignable_users="groups", assignable_groups=str(cast.sales))
    marc, pk = as_user("marc"), client_of_nadia
    assert "No longer assignable" in marc.get(f"/clients/show/{pk}").text
    phone = {"phone": "04 65 71 20 18", "row_version": 1}
    assert marc.post(f"/clients/field/{pk}/phone", data=phone).status_code == 200
    with everything() as session:
        account = session.get(Account, pk)
        assert (account.phone, account.owner_id) == ("+33465712018", cast.nadia)


@pytest.mark.accept("A-08")
def test_the_description_leaves_no_trace_once_it_is_off(
    as_user, acting, everything, token_of, client, client_of_nadia
):
    alice, marc = as_user("alice"), as_user("marc")
    with acting("marc") as session:
        account = session.get(Account, client_of_nadia)
        pk = make(Opportunity, account=account).id
    save(alice, show_customer_description="1")
    shown = marc.get(f"/opportunities/show/{pk}").text
    pages = [shown, *(marc.get(f"/opportunities/show/{pk}?tab={t}").text for t in tabs(shown))]
    assert any("Paie à trente jours" in page for page in pages)
    save(alice, show_customer_description=None)
    shown = marc.get(f"/opportunities/show/{pk}").text
    pages = [shown, *(marc.get(f"/opportunities/show/{pk}?tab={t}").text for t in tabs(shown))]
    assert not any("Paie à trente jours" in page or "Client description" in page for page in pages)
    answer = client.get(f"/api/v1/opportunities/{pk}", headers=token_of("marc"))
    assert answer.status_code == 200
    assert "Paie" not in answer.text
    with everything() as session:
        assert session.get(Account, client_of_nadia).notes == "<p>Paie à trente jours</p>"


def tabs(page):
    """The keys of the tabs of a record."""
    return {part.split('"')[0] for part in page.split("?tab=")[1:]}


@pytest.mark.accept("A-10")
def test_catalogues_exist_only_while_they_are_managed(as_user, token_of, client):
    alice, claire = as_user("alice"), as_user("claire")
    for off in (True, False, True):
        save(alice, manage_catalogs=None if off else "1")
        assert ("/catalogs/list/" not in claire.get("/").text) is off
        status = 404 if off else 200
        assert claire.get("/catalogs/list/").status_code == status
        answer = client.get("/api/v1/catalogs/", headers=token_of("claire"))
        assert answer.status_code == status


@pytest.mark.accept("A-12")
def test_recurring_revenue_leaves_no_trace_while_it_is_off(
    as_user, acting, token_of, client, everything
):
    alice, claire = as_user("alice"), as_user("claire")
    with acting("claire"):
        pk = make(Opportunity, recurring_amount=450).id
    pages = ("list/", "add", f"show/{pk}", f"edit/{pk}")
    for off in (True, False, True):
        save(alice, manage_recurring=None if off else "1")
        for page in pages:
            assert ("ecurring" not in claire.get(f"/opportunities/{page}").text) is off, page
        answer = client.get(f"/api/v1/opportunities/{pk}", headers=token_of("claire"))
        assert ("recurring_amount" not in answer.text) is off
    with everything() as session:
        assert session.get(Opportunity, pk).recurring_amount == 450


@pytest.mark.accept("A-14")
def test_agencies_show_on_every_kind_of_record_while_they_are_managed(as_user, acting):
    alice, claire = as_user("alice"), as_user("claire")
    with acting("claire") as session:
        client = table_of(Account).create({"name": "Élan", "kind": "client"})
        made = {"clients": client, "quotes": make(Quote, account=client), "leads": make(Lead)}
        made |= {"prospects": make(Account), "contacts": make(Contact), "events": make(Event)}
        made |= {"opportunities": make(Opportunity)}
        session.flush()
        records = {slice_: row.id for slice_, row in made.items()}
    for off in (True, False, True):
        save(alice, manage_agencies=None if off else "1")
        for slice_, pk in records.items():
            for page in (f"/{slice_}/show/{pk}", f"/{slice_}/list/", f"/{slice_}/add"):
                assert ("Agency" not in claire.get(page).text) is off, page
        assert alice.get("/agencies/list/").status_code == (404 if off else 200)
