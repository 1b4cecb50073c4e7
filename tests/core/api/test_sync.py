"""What another system needs to keep up: what changed since, page by page, and what was deleted."""

from datetime import timedelta
from typing import Any

import pytest

from crm.accounts.models import Source
from crm.core.types import utcnow
from crm.leads.models import Lead
from tests.core.api.world import Api, World


def changed(*more: Any, **q: Any) -> dict[str, Any]:
    """The arguments of a page of what changed."""
    return {"order_column": "changed_on", "order_direction": "asc", "page_size": 2, **q}


def test_a_cursor_leads_through_all_rows_and_past_those_that_change_meanwhile(
    world: World, alice: Api
) -> None:
    made = [world.lead(organization=f"L{n}") for n in range(5)]
    first = alice.get("test/leads/", q=changed())[1]
    assert first["ids"] == made[:2]
    with world.rows() as session:  # the first moves to the end: it is told once more
        session.get(Lead, made[0]).score = 1
    found, cursor = [], first["cursor"]
    while cursor is not None:
        status, answer = alice.get("test/leads/", q=changed(cursor=cursor))
        assert status == 200, answer
        found += answer["ids"]
        cursor = answer["cursor"]
    assert found == [*made[2:], made[0]]


@pytest.mark.parametrize("cursor", ["x", "W10", "WzEsMiwzXQ", 7, None, ["x"], "é", "x" * 5000])
def test_a_cursor_that_is_none_is_refused(world: World, alice: Api, cursor: Any) -> None:
    for path, q in (("test/leads/", changed()), ("test/leads/_deleted", {}),
                    ("test/sources/_deleted", {})):  # fmt: skip
        status, answer = alice.get(path, q={**q, "cursor": cursor})
        assert (status, set(answer["errors"])) == (422, {"cursor"}), answer


def test_a_cursor_and_a_number_of_page_do_not_go_together(world: World, alice: Api) -> None:
    world.lead()
    cursor = alice.get("test/leads/", q=changed(page_size=1))[1]["cursor"]
    assert cursor is None, "there is no further page"
    assert alice.get("test/leads/", q=changed(cursor="x", page=1))[0] == 422


def test_a_list_tells_any_field_that_is_asked_for(world: World, alice: Api) -> None:
    world.lead(description="Called twice")
    columns = ["description", "external_ref", "tags"]
    told = alice.get("test/leads/", q={"columns": columns})[1]["result"][0]
    assert set(told) == {"id", "row_version", *columns}
    assert told["description"] == "<p>Called twice</p>"


def test_rows_in_the_bin_are_returned_as_deleted(world: World, alice: Api) -> None:
    kept, gone, later = world.lead(), world.lead(), world.lead()
    assert alice.delete(f"test/leads/{gone}")[0] == 200
    assert alice.delete(f"test/leads/{later}")[0] == 200
    status, answer = alice.get("test/leads/_deleted", q={"page_size": 1})
    assert status == 200, answer
    assert [set(row) for row in answer["result"]] == [{"id", "deleted_at"}]
    assert answer["result"][0]["id"] == gone
    next_page = alice.get("test/leads/_deleted", q={"cursor": answer["cursor"]})[1]
    assert [row["id"] for row in next_page["result"]] == [later]
    assert next_page["cursor"] is None
    since = next_page["result"][0]["deleted_at"]
    assert [
        row["id"] for row in alice.get("test/leads/_deleted", q={"since": since})[1]["result"]
    ] == [later]
    assert kept not in (gone, later)


@pytest.mark.accept("A-81")
def test_only_readable_rows_are_returned_as_deleted(world: World, alice: Api) -> None:
    pk = world.lead(owner_id=world.people["claire"])
    scored = world.lead(score=3, owner_id=world.people["marc"])
    for one in (pk, scored):
        alice.delete(f"test/leads/{one}")

    def told(name: str, path: str = "test/leads") -> list[int]:
        return [row["id"] for row in world.as_(name).get(f"{path}/_deleted")[1]["result"]]

    assert told("alice") == told("marc") == [pk, scored]
    assert told("olga") == []
    assert told("dora") == [], "she reads her own"
    assert told("alice", "test/scored") == [scored]
    assert world.as_("nobody").get("test/leads/_deleted")[0] == 403


def test_deleted_rows_of_tables_without_bin_are_returned(world: World, alice: Api) -> None:
    first = alice.post("test/sources/", {"name": {"en": "Web"}})[1]["id"]
    assert alice.get("test/sources/_deleted")[1] == {"result": [], "cursor": None}
    assert alice.delete(f"test/sources/{first}")[0] == 200
    for name in ("alice", "claire"):
        told = world.as_(name).get("test/sources/_deleted")[1]["result"]
        assert [row["id"] for row in told] == [first]
    later = (utcnow() + timedelta(minutes=1)).isoformat()
    assert alice.get("test/sources/_deleted", q={"since": later})[1]["result"] == []
    with world.rows() as session:  # SQLite may give a number again
        session.add(Source(id=first, name={"en": "Web again"}))
    assert alice.get("test/sources/_deleted")[1]["result"] == []


@pytest.mark.accept("A-81")
def test_purged_rows_are_returned_to_those_who_could_read_them(world: World) -> None:
    alice = world.as_("alice")
    own, other, left = (
        world.lead(owner_id=world.people[name]) for name in ("dora", "marc", "dora")
    )
    for pk in (own, other, left):
        assert alice.delete(f"test/leads/{pk}")[0] == 200
    with world.rows() as session:
        for pk in (other, own):
            session.delete(session.get(Lead, pk))

    def told(name: str, **q: Any) -> list[int]:
        found: list[int] = []
        asked = {**q, "page_size": 1}
        while "cursor" not in asked or asked["cursor"]:
            answer = world.as_(name).get("test/leads/_deleted", q=asked)[1]
            found += [row["id"] for row in answer["result"]]
            asked["cursor"] = answer["cursor"]
        return found

    assert told("alice") == told("marc") == [left, other, own]
    assert told("dora") == [left, own]
    assert told("olga") == []
    assert told("alice", since=(utcnow() + timedelta(minutes=1)).isoformat()) == []


@pytest.mark.postgres
def test_postgresql_tells_the_same(postgres_world: World) -> None:
    test_purged_rows_are_returned_to_those_who_could_read_them(postgres_world)


def test_a_time_without_its_offset_is_refused(world: World, alice: Api) -> None:
    for since in ("2027-01-31T14:00", "yesterday", 5, None):
        assert alice.get("test/leads/_deleted", q={"since": since})[0] == 422


def test_a_switched_off_table_tells_no_deletions(world: World, alice: Api) -> None:
    assert alice.get("test/catalogs/_deleted")[0] == 404
