"""Access: a token, a setting that is on, a permission; in this order, and never by cookie."""

import io
import json
import sqlite3
from typing import Any

import pytest

from crm.core.security.identity import SessionUser
from tests.core.api.world import Api, World

ADDRESSES = [
    ("GET", "test/leads/"),
    ("GET", "test/leads/_info"),
    ("GET", "test/leads/1"),
    ("POST", "test/leads/"),
    ("PUT", "test/leads/1"),
    ("DELETE", "test/leads/1"),
    ("GET", "_openapi"),
]


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "é"])
def test_without_a_token_it_is_a_401_in_json(
    world: World, method: str, path: str, token: str
) -> None:
    status, answer = Api(world.app.test_client(), token).ask(method, path)
    assert status == 401
    assert answer["message"]


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_a_sessions_cookie_opens_nothing(world: World, method: str, path: str) -> None:
    """Any site can make a browser send it."""
    world.lead()
    client = world.app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = SessionUser(
            world.people["alice"], world.epoch("alice"), "key"
        ).get_id()
        cookie["_fresh"] = True
    assert client.get("/leads/list/").status_code == 200
    assert Api(client, "").ask(method, path)[0] == 401


@pytest.mark.parametrize(("method", "path"), ADDRESSES[:-1])  # who reads anything is told of it
def test_without_the_right_it_is_a_403(world: World, method: str, path: str) -> None:
    world.lead()
    status, answer = world.as_("nobody").ask(method, path)
    assert status == 403
    assert answer["message"]


def test_writing_needs_its_own_right_and_scope(world: World) -> None:
    """Claire reads her company's rows and changes her own."""
    foreign = world.lead(owner_id=world.people["marc"])
    own = world.lead(owner_id=world.people["claire"])
    claire = world.as_("claire")
    assert claire.get(f"test/leads/{foreign}")[0] == 200
    assert claire.put(f"test/leads/{foreign}", {"row_version": 1, "score": 1})[0] == 404
    assert claire.delete(f"test/leads/{foreign}")[0] == 404
    assert claire.put(f"test/leads/{own}", {"row_version": 1, "score": 1})[0] == 200
    assert claire.post("test/sources/", {"name": {"en": "Web"}})[0] == 403
    handed = claire.put(f"test/leads/{own}", {"row_version": 2, "owner": world.people["marc"]})
    assert (handed[0], set(handed[1]["errors"])) == (422, {"owner"})


def test_a_row_assigned_to_somebody_else_is_no_longer_returned(world: World) -> None:
    pk, dora = world.lead(owner_id=world.people["dora"]), world.as_("dora")
    body = {"row_version": 1, "owner": world.people["claire"]}
    assert dora.put(f"test/leads/{pk}", body) == (200, {"id": pk})
    assert dora.get(f"test/leads/{pk}")[0] == 404


def test_a_row_that_the_api_is_not_about_is_none_of_its_rows(world: World, alice: Api) -> None:
    plain, scored = world.lead(), world.lead(score=3)
    assert alice.get("test/scored/")[1]["ids"] == [scored]
    assert alice.get(f"test/scored/{plain}")[0] == 404
    assert alice.put(f"test/scored/{plain}", {"row_version": 1, "score": 1})[0] == 404
    assert alice.delete(f"test/scored/{plain}")[0] == 404
    assert alice.put(f"test/scored/{scored}", {"row_version": 1, "score": 1})[0] == 200
    assert alice.delete(f"test/scored/{scored}")[0] == 200


@pytest.mark.parametrize("who", ["alice", "nobody"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "test/catalogs/"),
        ("GET", "test/catalogs/_info"),
        ("GET", "test/catalogs/1"),
        ("PUT", "test/catalogs/1"),
        ("DELETE", "test/catalogs/1"),
    ],
)
def test_a_feature_that_is_off_does_not_exist(
    world: World, method: str, path: str, who: str
) -> None:
    """Whoever asks: the right is not even looked at."""
    assert world.as_(who).ask(method, path)[0] == 404


def test_a_switch_acts_on_the_next_request(world: World, alice: Api) -> None:
    assert alice.get("test/catalogs/")[0] == 404
    world.switch(manage_catalogs=True)
    assert alice.get("test/catalogs/")[0] == 200
    assert world.as_("nobody").get("test/catalogs/")[0] == 403
    assert alice.post("test/catalogs/", {})[0] == 405
    world.switch(manage_catalogs=False)
    assert alice.get("test/catalogs/")[0] == 404


class Slow(io.BytesIO):
    """A body that is still on its way; each time it is read, somebody else tries to write."""

    def __init__(self, body: bytes, path: str) -> None:
        super().__init__(body)
        self.other = sqlite3.connect(path, timeout=0, isolation_level=None)
        self.reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        self.other.execute("BEGIN IMMEDIATE")
        self.other.execute("ROLLBACK")
        return super().read(size)

    def readinto(self, buffer: Any) -> int:
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def test_nobody_waits_for_a_body_that_comes_slowly(world: World, alice: Api) -> None:
    address = f"/api/v1/test/leads/{world.lead()}"
    folder = world.app.extensions["crm.config"].instance
    body = json.dumps({"last_name": "Slow", "row_version": 1}).encode()
    slow = Slow(body, str(folder / "world.sqlite"))
    answer = world.app.test_client().open(
        address,
        method="PUT",
        input_stream=slow,
        content_type="application/json",
        content_length=len(body),
        headers={"Authorization": f"Bearer {alice.token}"},
    )
    assert answer.status_code == 200, answer.text
    assert slow.reads
