"""Writing by the API: the rules of the forms, errors by field, rights."""

from typing import Any

import pytest
from sqlalchemy import select

from crm.accounts.models import Account, Source, Tag
from crm.core.types import utcnow
from crm.leads.models import Lead
from tests.core.api.world import Api, World
from tests.fixtures import statements_of

WRITING = ("BEGIN", "PRAGMA", "ROLLBACK", "INSERT", "UPDATE", "DELETE")
NEW = {"organization": "Durand SARL"}


def errors(answer: Any) -> dict[str, list[str]]:
    status, body = answer
    assert status == 422, body
    assert body["message"]
    found: dict[str, list[str]] = body["errors"]
    return found


def test_a_new_row_is_answered_as_it_now_is(world: World, alice: Api) -> None:
    body = {
        **NEW, "score": 4, "received_on": "2027-01-31", "email": "Ann@Example.com",
        "source": world.ids["source"], "tags": [world.ids["tag"]], "owner": world.people["claire"],
    }  # fmt: skip
    status, answer = alice.post("test/leads/", body)
    assert status == 201, answer
    row = answer["result"]
    assert row["id"] == answer["id"]
    assert (row["organization"], row["score"], row["row_version"]) == ("Durand SARL", 4, 1)
    assert row["email"] == "ann@example.com"  # cleaned as the form does
    assert row["status"]["label"] == "New"  # the default of the service
    assert row["source"] == {"id": world.ids["source"], "label": "Fair"}
    assert row["tags"] == [{"id": world.ids["tag"], "label": "Hot"}]
    assert row["created_by"] == {"id": world.people["alice"], "label": "Alice Martin"}


def test_a_change_touches_what_it_names_and_nothing_else(world: World, alice: Api) -> None:
    pk = world.tagged(world.lead(score=2, source_id=world.ids["source"]))
    status, answer = alice.put(f"test/leads/{pk}", {"row_version": 1, "score": 5, "source": None})
    row = answer["result"]
    assert status == 200
    assert (row["score"], row["source"], row["row_version"]) == (5, None, 2)
    assert (row["organization"], len(row["tags"])) == ("Dupont SA", 1)


def test_every_wrong_field_is_named_at_once(world: World, alice: Api) -> None:
    body = {
        "organization": 7, "score": 9, "email": "nope", "received_on": "31/01/2027",
        "owner": "claire", "tags": 1, "country": "Atlantis", "nope": 1, "password": "x",
    }  # fmt: skip
    found = errors(alice.post("test/leads/", body))
    assert set(found) == set(body)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("score", 4.0), ("score", True), ("score", "4"), ("score", 10**40), ("score", [1]),
        ("organization", {"a": 1}), ("organization", "x" * 161), ("organization", None),
        ("received_on", "2027-02-30"), ("received_on", 20270131), ("received_on", "2027-W01-1"),
        ("owner", 0), ("owner", -1), ("owner", 2**31), ("owner", True), ("owner", {"id": 1}),
        ("tags", [0]), ("tags", ["1"]), ("tags", [1, 4711]), ("tags", list(range(1, 600))),
        ("email", "a" * 300 + "@example.com"), ("phone", "12"), ("country", 5),
    ],
    ids=str,
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_refused_on_its_field(
    world: World, alice: Api, name: str, value: Any
) -> None:
    pk = world.lead()
    found = errors(alice.put(f"test/leads/{pk}", {"row_version": 1, name: value}))
    assert name in found
    assert alice.get(f"test/leads/{pk}")[1]["result"]["row_version"] == 1


@pytest.mark.parametrize("amount", ["1234.50", "1234.5", 1234, "-0", "+7", "0.1"])
def test_money_comes_as_text_or_as_a_whole_number(world: World, alice: Api, amount: Any) -> None:
    status, answer = alice.post("test/opportunities/", {"name": "Deal", "amount": amount})
    assert status == 201, answer


@pytest.mark.parametrize(
    "amount", [1234.5, "1,234.50", "1 234,50", "1234.567", "1e3", "NaN", "", [], True, 10**20]
)
def test_money_in_any_other_way_is_refused(world: World, alice: Api, amount: Any) -> None:
    pk = world.deal(amount=5)
    answer = alice.put(f"test/opportunities/{pk}", {"row_version": 1, "amount": amount})
    if amount == "":
        assert answer[1]["result"]["amount"] is None
    else:
        assert "amount" in errors(answer)


def test_an_unknown_id_makes_no_row(world: World, alice: Api) -> None:
    """Stock inserts a new source 4711."""
    found = errors(alice.post("test/leads/", {**NEW, "source": 4711, "tags": [4711]}))
    assert set(found) == {"source", "tags"}
    with world.rows() as session:
        assert session.get(Source, 4711) is None
        assert session.get(Tag, 4711) is None
        assert session.scalars(select(Lead)).all() == []


@pytest.mark.accept("A-82")
def test_another_companys_record_is_refused_like_one_that_does_not_exist(world: World) -> None:
    marc = world.as_("marc")
    pk = world.deal(owner_id=world.people["marc"])
    of_iberia = {"row_version": 1, "account": world.ids["foreign"]}
    of_nobody = {"row_version": 1, "account": 4711}
    refused = errors(marc.put(f"test/opportunities/{pk}", of_iberia))
    assert refused == errors(marc.put(f"test/opportunities/{pk}", of_nobody))
    assert set(errors(marc.post("test/leads/", {**NEW, "owner": world.people["olga"]}))) == {
        "owner"
    }
    assert set(errors(marc.post("test/leads/", {**NEW, "company": world.ids["iberia"]}))) == {
        "company"
    }


def test_unknown_read_only_and_switched_off_fields_are_refused(world: World, alice: Api) -> None:
    """A field whose switch is off is refused in the words for one that never was."""
    body = {**NEW, "nope": 1, "agency": world.ids["paris"], "id": 9, "created_on": "2027-01-01"}
    found = errors(alice.post("test/leads/", body))
    assert set(found) == {"nope", "agency", "id", "created_on"}
    assert found["agency"] == found["nope"] != found["id"]
    world.switch(manage_agencies=True)
    status, answer = alice.post("test/leads/", {**NEW, "agency": world.ids["paris"]})
    assert (status, answer["result"]["agency"]["label"]) == (201, "Paris")


def test_what_is_switched_off_keeps_its_value(world: World, alice: Api) -> None:
    pk = world.lead(agency_id=world.ids["paris"])
    assert alice.put(f"test/leads/{pk}", {"row_version": 1, "score": 1})[0] == 200
    with world.rows() as session:
        assert session.get(Lead, pk).agency_id == world.ids["paris"]


def test_a_hidden_link_is_kept_when_something_else_is_saved(world: World, alice: Api) -> None:
    pk = world.deal(account_id=world.ids["account"])
    with world.rows() as session:
        session.get(Account, world.ids["account"]).deleted_at = utcnow()
    status, answer = alice.put(f"test/opportunities/{pk}", {"row_version": 1, "amount": "5"})
    assert status == 200
    assert answer["result"]["account"] == {"id": None, "label": None, "available": False}


def test_an_empty_value_is_refused_where_the_column_cannot_be_empty(
    world: World, alice: Api
) -> None:
    pk = world.lead()
    for name in ("status", "company", "received_on"):
        body = {"row_version": 1, name: None}
        assert name in errors(alice.put(f"test/leads/{pk}", body)), name
    answer = alice.post("test/leads/", {**NEW, "status": None, "received_on": None})
    assert answer[0] == 201  # in a new row: not given


@pytest.mark.accept("A-86")
def test_a_value_that_must_be_unique_is_refused_on_its_field(world: World, alice: Api) -> None:
    body = {**NEW, "external_ref": "X-1"}
    first = alice.post("test/leads/", body)
    assert first[0] == 201
    assert set(errors(alice.post("test/leads/", body))) == {"external_ref"}
    alice.delete(f"test/leads/{first[1]['id']}")
    assert alice.post("test/leads/", body)[0] == 201  # unique outside the bin


def test_a_rule_of_the_model_holds(world: World, alice: Api) -> None:
    assert set(errors(alice.post("test/leads/", {}))) == {"last_name", "organization"}
    body = {"name": "Deal", "contact": world.ids["contact"], "account": world.ids["account"]}
    assert set(errors(alice.post("test/opportunities/", body))) == {"contact"}


@pytest.mark.accept("A-48")
def test_losing_asks_for_a_reason(world: World, alice: Api) -> None:
    pk = world.lead()
    lost = {"row_version": 1, "status": world.ids["lost"]}
    assert set(errors(alice.put(f"test/leads/{pk}", lost))) == {"lost_reason"}
    answer = alice.put(f"test/leads/{pk}", {**lost, "lost_reason": world.ids["reason"]})
    assert answer[1]["result"]["lost_reason"]["label"] == "Price"


def test_a_translated_text_is_taken_by_language(world: World, alice: Api) -> None:
    status, answer = alice.post("test/sources/", {"name": {"en": "Web", "fr": "Site"}})
    assert (status, answer["result"]["name"]) == (201, {"en": "Web", "fr": "Site"})
    for wrong in ("Web", {"xx": "Web"}, {"en": 5}, {}, {"en": "x" * 256}):
        assert "name" in errors(alice.post("test/sources/", {"name": wrong}))


# The optimistic lock ────────────────────────────────────────────────────────────────────────────


def test_a_change_needs_the_version_that_was_read(world: World, alice: Api) -> None:
    pk = world.lead()
    for version in ({}, {"row_version": None}, {"row_version": "x"}, {"row_version": 1.0}):
        assert set(errors(alice.put(f"test/leads/{pk}", {**version, "score": 1}))) == {
            "row_version"
        }


def test_a_stale_change_is_refused_with_the_row_as_saved(world: World, alice: Api) -> None:
    pk = world.lead()
    assert alice.put(f"test/leads/{pk}", {"row_version": 1, "score": 1})[0] == 200
    status, answer = world.as_("marc").put(f"test/leads/{pk}", {"row_version": 1, "score": 5})
    assert status == 409
    assert (answer["row_version"], answer["result"]["score"]) == (2, 1)
    assert answer["message"]
    assert alice.ask("DELETE", f"test/leads/{pk}", query_string={"row_version": 1})[0] == 409
    assert alice.ask("DELETE", f"test/leads/{pk}", query_string={"row_version": "x"})[0] == 422
    assert alice.ask("DELETE", f"test/leads/{pk}", query_string={"row_version": 2})[0] == 200


def test_deleting_leads_to_the_bin(world: World, alice: Api) -> None:
    pk = world.lead()
    assert alice.delete(f"test/leads/{pk}") == (200, {"message": "OK"})
    assert alice.delete(f"test/leads/{pk}")[0] == 404
    with world.rows() as session:
        assert session.get(Lead, pk).deleted_at is not None


def test_a_used_row_of_the_vocabulary_stays(world: World, alice: Api) -> None:
    world.lead(source_id=world.ids["source"])
    status, answer = alice.delete(f"test/sources/{world.ids['source']}")
    assert (status, answer["errors"]) == (422, {})
    assert "1" in answer["message"]


# Lines ──────────────────────────────────────────────────────────────────────────────────────────


def quote(world: World, alice: Api) -> Any:
    line = {"label": "Bolts", "quantity": "2", "unit_price": "10.00", "vat_rate": world.ids["vat"]}
    other = {**line, "label": "Nuts", "quantity": 1}
    body = {"title": "Offer", "account": world.ids["account"], "lines": [line, other]}
    status, answer = alice.post("test/quotes/", body)
    assert status == 201, answer
    return answer["result"]


def test_lines_come_with_their_parent(world: World, alice: Api) -> None:
    made = quote(world, alice)
    assert [line["label"] for line in made["lines"]] == ["Bolts", "Nuts"]
    assert made["lines"][0]["quantity"] == "2.000"
    assert made["lines"][0]["vat_rate"] == {"id": world.ids["vat"], "label": "20 %"}
    assert (made["total_excl"], made["total_incl"]) == ("30.00", "36.00")


@pytest.mark.parametrize("number", [1, 5])
def test_the_links_of_all_lines_are_read_together(world: World, alice: Api, number: int) -> None:
    """And what the body does not name is not read; the version is asked once of all tables."""
    made = quote(world, alice)
    line = {"product": world.ids["product"], "quantity": "3", "vat_rate": world.ids["vat"]}
    body = {"row_version": 1, "account": world.ids["account"], "lines": [line] * number}
    with statements_of(world.app, *WRITING) as sent:
        status, answer = alice.put(f"test/quotes/{made['id']}", body)
    assert status == 200, answer
    assert len(answer["result"]["lines"]) == number
    assert len(sent) <= 17, sent  # the prices of the products are one of them


def test_a_list_of_ids_where_one_is_expected_is_refused_unread(world: World, alice: Api) -> None:
    """500 lines with 500 ids each are more than a statement may have."""
    ids = [*range(100_000, 100_500)]
    with statements_of(world.app) as sent:
        found = errors(alice.post("test/quotes/", {"account": ids, "lines": [{"product": ids}]}))
    assert found.keys() == {"account", "lines.0.product"}
    assert not [one for one in sent if "FROM account" in one or "FROM product" in one]


def test_lines_are_replaced_and_those_named_keep_their_id(world: World, alice: Api) -> None:
    made = quote(world, alice)
    bolts, nuts = (line["id"] for line in made["lines"])
    new = {"label": "Screws", "quantity": "1", "unit_price": "1", "vat_rate": world.ids["vat"]}
    body = {"row_version": 1, "lines": [new, {"id": bolts, "quantity": "3"}]}
    status, answer = alice.put(f"test/quotes/{made['id']}", body)
    assert status == 200, answer
    lines = answer["result"]["lines"]
    assert [line["label"] for line in lines] == ["Screws", "Bolts"]
    assert lines[1]["id"] == bolts
    assert nuts not in [line["id"] for line in lines]
    assert answer["result"]["total_excl"] == "31.00"
    assert answer["result"]["row_version"] > 1


def test_a_change_of_the_lines_alone_is_one_of_the_row(world: World, alice: Api) -> None:
    made = quote(world, alice)
    body = {"row_version": 1, "lines": [{"id": line["id"]} for line in reversed(made["lines"])]}
    assert alice.put(f"test/quotes/{made['id']}", body)[1]["result"]["row_version"] > 1
    assert alice.put(f"test/quotes/{made['id']}", body)[0] == 409


def test_wrong_lines_are_named_by_their_number(world: World, alice: Api) -> None:
    made = quote(world, alice)
    bolts = made["lines"][0]["id"]
    path = f"test/quotes/{made['id']}"

    def refused(*lines: Any) -> set[str]:
        return set(errors(alice.put(path, {"row_version": 1, "lines": list(lines)})))

    assert refused({"id": bolts, "quantity": 1.5}) == {"lines.0.quantity"}
    assert refused({"id": bolts}, {"id": bolts}) == {"lines.1"}
    assert refused({"id": 4711}) == {"lines.0"}
    assert refused("x", {"id": "1"}) == {"lines.0", "lines.1"}
    assert refused({"id": bolts, "quantity": "0"}) == {"lines.0.quantity"}
    assert refused({"id": bolts, "nope": 1, "total_excl": "5"}) == {
        "lines.0.nope",
        "lines.0.total_excl",
    }
    assert refused({"id": bolts, "product": 4711}) == {"lines.0.product"}
    assert set(errors(alice.put(path, {"row_version": 1, "lines": "x"}))) == {"lines"}
    assert alice.get(path)[1]["result"]["row_version"] == 1


# Bodies ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"nope", b"[]", b"1", b"null", b'"x"', b'{"organization": "\xff"}',
        b"[" * 100_000, b'{"organization": "\\ud800"}', b'{"\\udfff": 1}',
        b'{"score": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda body: str(body[:20]),
)  # fmt: skip
def test_a_body_that_is_no_json_object_is_refused(world: World, alice: Api, body: bytes) -> None:
    pk = world.lead()
    for method, path in (("POST", "test/leads/"), ("PUT", f"test/leads/{pk}")):
        status, answer = alice.ask(method, path, data=body, content_type="application/json")
        assert status == 400, answer
        assert answer["message"]


def test_a_body_of_another_type_or_size_is_refused(world: World, alice: Api) -> None:
    assert alice.ask("POST", "test/leads/", data={"organization": "x"})[0] == 415
    assert alice.post("test/leads/", {"organization": "x" * 2_100_000})[0] == 413


def test_control_characters_are_dropped(world: World, alice: Api) -> None:
    """A NUL is an error of PostgreSQL's."""
    answer = alice.post("test/leads/", {"organization": "Du\0pont\x07"})
    assert answer[1]["result"]["organization"] == "Dupont"
    too_long = alice.post("test/leads/", {"organization": "\7" * 100 + "x" * 100})
    assert set(errors(too_long)) == {"organization"}, "counted as they came"


@pytest.mark.postgres
def test_postgresql_takes_and_refuses_the_same(postgres_world: World) -> None:
    world = postgres_world
    alice = world.as_("alice")
    made = quote(world, alice)
    assert made["total_incl"] == "36.00"
    status, answer = alice.post("test/leads/", {"organization": "Du\0pont", "tags": [1]})
    assert (status, answer["result"]["organization"]) == (201, "Dupont")
    wrong = {"score": 10**12, "owner": 2**31, "received_on": "9999-12-31", "source": 4711}
    assert set(errors(alice.post("test/leads/", {**NEW, **wrong}))) == set(wrong)
    world.switch(manage_recurring=True)
    body = {"name": "Deal", "recurring_amount": "9.99", "recurring_period": 3}
    status, answer = alice.post("test/opportunities/", body)
    assert (status, answer["result"]["recurring_period"]) == (201, 3)
