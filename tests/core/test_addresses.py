"""Invalid arguments of a URL get a message, and are never guessed."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy.orm import Session

from crm.leads.models import Lead
from tests.factories import make
from tests.fixtures import Client
from tests.markup import main_form

AsUser = Callable[[str], Client]
Acting = Callable[[str], AbstractContextManager[Session]]
FRENCH = {"Accept-Language": "fr"}
UNKNOWN = ("_flt_0_nope=x", "_flt_0_password=x", "_flt_x_city=Lyon", "_flt_0_city.name=x")


@pytest.fixture
def lead(acting: Acting) -> str:
    """The address of a lead of Claire's in Lyon."""
    with acting("claire"):
        return f"/leads/show/{make(Lead, city='Lyon').id}"


# Filters ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("query", UNKNOWN)
def test_an_unknown_filter_is_named_and_lists_nothing(
    query: str, lead: str, as_user: AsUser
) -> None:
    claire, name = as_user("claire"), query.partition("=")[0].split("_", 3)[3]
    page = claire.get(f"/leads/list/?{query}&_flt_0_city=Lyon").text
    assert f"The filter “{name}” does not exist here." in page.replace("x_city", "city")
    assert lead not in page
    assert "Correct or remove this filter to see the list." in page
    assert 'href="/leads/list/?_flt_0_city=Lyon">Show the list without this filter' in page
    assert lead in claire.get("/leads/list/?_flt_0_city=Lyon").text


def test_an_unknown_filter_is_named_in_french(lead: str, as_user: AsUser) -> None:
    claire = as_user("claire")
    claire.post("/lang/fr")
    page = claire.get("/leads/list/?_flt_0_nope=x").text.replace("\u202f", " ")
    assert "Le filtre « nope » n’existe pas ici." in page.replace("\u00a0", " ")
    assert lead not in page


def test_a_filter_of_a_feature_that_is_off_is_unknown(lead: str, as_user: AsUser) -> None:
    page = as_user("claire").get("/leads/list/?_flt_0_agency=1").text
    assert "The filter “agency” does not exist here." in page
    assert lead not in page


def test_an_operator_that_does_not_exist_lists_nothing(lead: str, as_user: AsUser) -> None:
    page = as_user("claire").get("/leads/list/?_flt_9_city=Lyon").text
    assert "City: This filter does not exist." in page
    assert lead not in page


def test_an_export_by_a_filter_that_cannot_be_applied_is_refused(
    lead: str, as_user: AsUser
) -> None:
    answer = as_user("marc").get("/leads/export?_flt_0_nope=x")
    assert answer.status_code == 400
    assert "The filter “nope” does not exist here." in answer.text


def test_an_unknown_filter_of_the_form_without_script_is_named(lead: str, as_user: AsUser) -> None:
    claire = as_user("claire")
    for query in ("filter=nope&op=0&value=x", "filter=city&op=junk&value=x"):
        page = claire.get(f"/leads/list/?{query}", follow_redirects=True).text
        assert "does not exist here" in page
        assert lead not in page
    emptied = claire.get("/leads/list/?filter=city&op=0&value=&_flt_0_city=Nantes")
    assert emptied.location == "/leads/list/"


def test_an_order_that_does_not_exist_is_named(lead: str, as_user: AsUser) -> None:
    page = as_user("claire").get("/leads/list/?_oc_LeadView=nope").text
    assert "This list cannot be sorted by “nope”." in page
    assert lead in page


@pytest.mark.parametrize("query", ["_flt_0_city=Lyon", "filters=x", "page=2"])
def test_an_argument_that_the_api_does_not_have_is_refused(
    query: str, lead: str, app: Any, token_of: Callable[[str], dict[str, str]]
) -> None:
    answer = app.test_client().get(f"/api/v1/leads/?{query}", headers=token_of("claire"))
    assert answer.status_code == 400
    assert f"Unknown argument: {query.partition('=')[0]}." in answer.json["message"]


# What an address says of a new record ───────────────────────────────────────────────────────────

PREFILLED = [
    ("/events/add", "starts_at", "9999-99-99", "Start: "),
    ("/events/add", "starts_at", "0001-01-01T00:00", "Start: "),
    ("/events/add", "starts_at", "9999-12-31T23:59", "Start: "),
    ("/events/add", "type", "nope", "Type: "),
    ("/leads/add", "received_on", "31/02/2027", "Received on: "),
    ("/leads/add", "source", "abc", "Source: "),
    ("/clients/add", "annual_revenue", "much", "Annual revenue: "),
]


@pytest.mark.parametrize(("path", "name", "text", "said"), PREFILLED)
def test_what_makes_no_sense_in_the_address_of_a_form_is_said_and_left_out(
    path: str, name: str, text: str, said: str, as_user: AsUser
) -> None:
    plain = main_form(as_user("alice").get(path).text)
    answer = as_user("alice").get(path, query_string={name: text})
    assert answer.status_code == 200
    assert said in answer.text
    assert main_form(answer.text).keys() == plain.keys()
    assert text not in main_form(answer.text).get(name, [])


def test_what_an_address_gives_is_read_as_the_form_reads_it(as_user: AsUser) -> None:
    alice = as_user("alice")
    event = main_form(alice.get("/events/add?starts_at=2027-01-31T14:00&subject=Visite").text)
    assert event["starts_at"] == ["31 Jan 2027 14:00"]
    assert event["ends_at"] == ["31 Jan 2027 15:00"]
    assert event["subject"] == ["Visite"]
    task = main_form(alice.get("/events/add?type=task&starts_at=2027-01-31").text)
    assert task["starts_at"] == ["31 Jan 2027"]
    client = main_form(alice.get("/clients/add?annual_revenue=1500&name=Faro").text)
    assert client["annual_revenue"] == ["1500.00"]


def test_an_id_with_zeros_before_it_is_the_same_choice(as_user: AsUser, cast: Any) -> None:
    answer = as_user("alice").post(
        "/leads/add",
        data={"organization": "Élan", "company": cast.france, "owner": f"0{cast.claire}"},
    )
    assert answer.status_code == 303


@pytest.mark.both
def test_a_name_typed_into_a_picker_may_hold_a_nul(as_user: AsUser) -> None:
    answer = as_user("alice").post("/leads/add", data={"owner_search": "Claire\0"})
    assert answer.status_code == 422


def test_a_picker_takes_no_text_for_a_company(as_user: AsUser) -> None:
    answer = as_user("claire").get("/prospects/pick/parent?company=x&account=%27&kind=x&id=me")
    assert answer.status_code == 200
