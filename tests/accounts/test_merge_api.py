"""POST /api/v1/<entity>/<id>/merge: as the page, with its refusals in its words."""

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from crm.accounts.models import Account, AccountKind, Contact
from crm.core.journal import Journal
from crm.leads.models import Lead
from tests.factories import make, remove, save
from tests.fixtures import Acting, Cast, Client, token_header

pytestmark = pytest.mark.both

TokenOf = Callable[[str], dict[str, str]]
Ask = Callable[..., Any]
SIRENS = ("552100554", "732829320")


@pytest.fixture
def ask(client: Client, token_of: TokenOf) -> Ask:
    """`ask(kept, [other, …], values={…})`: the answer to Marc, who read the rows as given."""

    def run(kept: Any, others: Any, *, who: str = "marc", entity: str = "accounts", **more: Any):  # type: ignore[no-untyped-def]
        body = {
            "row_version": kept.row_version,
            "others": [{"id": one.id, "row_version": one.row_version} for one in others],
            **more,
        }
        url = f"/api/v1/{entity}/{kept.id}/merge"
        return client.post(url, json=body, headers=token_of(who))

    return run


@pytest.fixture
def two(acting: Acting) -> tuple[Account, Account]:
    """A prospect with a phone, and a client with an e-mail."""
    with acting("marc"):
        a = make(Account, name="Faro", phone="04 72 00 00 01", kind=AccountKind.PROSPECT)
        b = make(Account, name="Faro SAS", email="a@faro.example", kind=AccountKind.CLIENT)
    return a, b


@pytest.mark.accept("A-43")
def test_the_values_are_chosen_as_on_the_page(
    ask: Ask, acting: Acting, two: tuple[Account, Account]
) -> None:
    a, b = two
    answer = ask(a, [b], values={"name": b.id})
    assert answer.status_code == 200, answer.json
    told = answer.json["result"]
    assert (answer.json["id"], told["name"], told["kind"]) == (a.id, "Faro SAS", "client")
    assert (told["email"], told["phone"]) == ("a@faro.example", "+33472000001")
    with acting("marc") as session:
        actions = session.scalars(select(Journal.action).where(Journal.row_id == a.id)).all()
        assert "merged" in actions


def test_five_leads_and_two_contacts(ask: Ask, acting: Acting) -> None:
    with acting("marc"):
        leads = [make(Lead, description=f"<p>{n}</p>") for n in range(5)]
        contacts = [make(Contact, last_name=f"Roy {n}") for n in range(2)]
    joined = {"description": [leads[0].id, leads[3].id]}
    answer = ask(leads[0], leads[1:], entity="leads", values=joined)
    assert answer.status_code == 200, answer.json
    assert answer.json["result"]["description"] == "<p>0</p><p>3</p>"
    answer = ask(contacts[0], contacts[1:], entity="contacts", values={"last_name": contacts[1].id})
    assert answer.json["result"]["last_name"] == "Roy 1"


def test_sent_twice_it_answers_with_the_first_result(
    ask: Ask, client: Client, token_of: TokenOf, acting: Acting, two: tuple[Account, Account]
) -> None:
    a, b = two
    first, second = ask(a, [b]), ask(a, [b])
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json == second.json
    with acting("marc") as session:
        merges = select(func.count()).select_from(Journal).where(Journal.action == "merged")
        assert session.scalar(merges) == 1
    other_way = ask(b, [a])
    assert other_way.status_code == 404
    assert other_way.json["message"] == f"This record was merged into record {a.id}."
    with acting("marc"):
        third, fourth = make(Account), make(Account)
    late = ask(third, [b])
    assert late.status_code == 404
    assert late.json["message"] == f"This record was merged into record {a.id}."
    partly = ask(a, [b, fourth])
    assert partly.status_code == 409
    assert partly.json["message"].startswith("Some of these records have been merged")


def test_sent_twice_at_once_it_merges_once(
    app: Flask, cast: Cast, acting: Acting, two: tuple[Account, Account]
) -> None:
    a, b = two
    token, answers = token_header(app, cast.marc), []
    body = {"row_version": 1, "others": [{"id": b.id, "row_version": 1}]}

    def send() -> None:
        url = f"/api/v1/accounts/{a.id}/merge"
        answers.append(app.test_client().post(url, json=body, headers=token))

    threads = [Thread(target=send) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [answer.status_code for answer in answers] == [200] * 4
    with acting("marc") as session:
        merges = select(func.count()).select_from(Journal).where(Journal.action == "merged")
        assert session.scalar(merges) == 1


def test_what_was_saved_meanwhile_is_a_conflict(
    ask: Ask, acting: Acting, two: tuple[Account, Account]
) -> None:
    a, b = two
    with acting("marc") as session:
        save(session.get_one(Account, b.id), phone="04 72 00 00 02")
    answer = ask(a, [b])
    message = "Somebody else changed this record in the meantime."
    assert (answer.status_code, answer.json["message"]) == (409, message)
    assert list(answer.json["errors"]) == ["others.0.row_version"]
    with acting("marc") as session:
        save(session.get_one(Account, a.id), phone="04 72 00 00 03")
        b = session.get_one(Account, b.id)
    answer = ask(a, [b])
    assert (answer.status_code, list(answer.json["errors"])) == (409, ["row_version"])
    assert answer.json["result"]["phone"] == "+33472000003"


def test_other_peoples_records_are_not_there(
    ask: Ask, acting: Acting, two: tuple[Account, Account]
) -> None:
    a, b = two
    with acting("olga"):
        hers = make(Account)
    with acting("marc"):
        gone = make(Account)
        remove(gone)
    for others in ([hers], [b, hers], [gone]):
        answer = ask(a, others)
        assert (answer.status_code, answer.json["message"]) == (404, "This record does not exist.")
    assert ask(hers, [b]).status_code == 404
    assert ask(hers, [], x=1).status_code == 404
    with acting("claire"):
        mine = [make(Account) for _number in range(2)]
    refused = ask(mine[0], mine[1:], who="claire")
    assert refused.status_code == 403
    assert refused.json["message"] == "You are not allowed to merge records."
    assert ask(a, [b], who="audrey").status_code == 403


@pytest.mark.accept("A-43")
def test_two_sirens_ask_which_one(ask: Ask, acting: Acting) -> None:
    with acting("marc"):
        a, b = (make(Account, siren=siren) for siren in SIRENS)
    refused = ask(a, [b])
    assert refused.status_code == 422
    assert refused.json["errors"] == {"values.siren": ["Choose which one is right."]}
    assert ask(a, [b], values={"siren": b.id}).json["result"]["siren"] == SIRENS[1]


def test_how_many_are_refused(ask: Ask, acting: Acting, two: tuple[Account, Account]) -> None:
    a, b = two
    with acting("marc"):
        more = [make(Account) for _number in range(4)]
    for others in ([], [a], [b, b], [b, *more]):
        answer = ask(a, others)
        assert answer.status_code == 422
        assert answer.json["message"] == "Choose 2 to 5 different records."


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "row_version"),
        ({"row_version": 1}, "others"),
        ({"row_version": 1, "others": 7}, "others"),
        ({"row_version": 1, "others": [7]}, "others.0"),
        ({"row_version": 1, "others": [{"id": True, "row_version": 1}]}, "others.0.id"),
        ({"row_version": 1, "others": [{"id": 2**40, "row_version": 1}]}, "others.0.id"),
        ({"row_version": 1, "others": [{"id": 2}]}, "others.0.row_version"),
        ({"row_version": 1, "others": [{"id": 2, "row_version": 1, "x": 1}]}, "others.0.x"),
        ({"row_version": 1, "others": [], "keep": 1}, "keep"),
    ],
)
def test_a_body_that_cannot_be_read(
    client: Client, token_of: TokenOf, two: tuple[Account, Account], body: Any, place: str
) -> None:
    url = f"/api/v1/accounts/{two[0].id}/merge"
    answer = client.post(url, json=body, headers=token_of("marc"))
    assert (answer.status_code, list(answer.json["errors"])) == (422, [place])


@pytest.mark.parametrize(
    ("values", "place", "told"),
    [
        ([], "values", "Send an object."),
        ({"x": 1}, "values.x", "Unknown field."),
        ({"company": 1}, "values.company", "Unknown field."),
        ({"deleted_at": 1}, "values.deleted_at", "Unknown field."),
        ({"kind": 1}, "values.kind", "This field is read-only."),
        ({"name": 0}, "values.name", "Choose a value from the list."),
        ({"name": [1]}, "values.name", "Choose a value from the list."),
        ({"name": 999}, "values.name", "Choose a value from the list."),
        ({"notes": 1}, "values.notes", "Choose a value from the list."),
        ({"notes": [[1]]}, "values.notes", "Choose a value from the list."),
    ],
)
def test_a_value_that_cannot_be_kept(
    ask: Ask, two: tuple[Account, Account], values: Any, place: str, told: str
) -> None:
    answer = ask(two[0], two[1:], values=values)
    assert (answer.status_code, answer.json["errors"]) == (422, {place: [told]})


def test_the_description_has_it(client: Client, token_of: TokenOf) -> None:
    found = client.get("/api/v1/_openapi", headers=token_of("marc")).json
    for entity, name in (
        ("leads", "LeadApi"),
        ("accounts", "AccountApi"),
        ("contacts", "ContactApi"),
    ):
        assert f"/api/v1/{entity}/{{pk}}/merge" in found["paths"]
        body = found["components"]["schemas"][f"{name}.merge"]
        assert (body["required"], body["properties"]["others"]["maxItems"]) == (
            ["row_version", "others"], 4,
        )  # fmt: skip
        assert body["properties"]["values"]["properties"]
