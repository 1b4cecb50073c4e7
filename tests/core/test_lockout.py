"""Wrong passwords stop whoever types them, and nobody else."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask_appbuilder.security.sqla.models import User

from crm.core.security import passwords
from crm.core.security.attempts import FREE, LIMIT, LONGEST, WINDOW
from crm.core.security.rate_limits import client_address
from crm.core.types import utcnow
from tests.fixtures import PASSWORD, Client, new_client

HERE, THERE = "192.0.2.1", "192.0.2.2"


def page(client: Client, name: str, password: str, address: str = HERE, **headers: str) -> Any:
    data = {"username": name, "password": password}
    place = {"REMOTE_ADDR": address}
    return client.post("/login/", data=data, environ_base=place, headers=headers)


def api(client: Client, name: str, password: str, address: str = HERE) -> Any:
    body = {"username": name, "password": password, "provider": "db", "refresh": True}
    place = {"REMOTE_ADDR": address}
    return client.post("/api/v1/security/login", json=body, environ_base=place)


def attack(app: Flask, name: str, times: int = FREE) -> None:
    """As many wrong passwords, each from another address."""
    stranger = new_client(app)
    for number in range(times):
        assert page(stranger, name, "wrong", f"198.51.100.{number}").status_code == 401


@pytest.mark.both
def test_five_failures_close_a_name_for_that_address_alone(app: Flask, client: Client) -> None:
    with time_machine.travel(utcnow(), tick=False) as clock:
        answers = [page(client, "alice", "wrong") for _ in range(LIMIT)]
        assert {answer.status_code for answer in answers} == {401}
        closed = page(client, "alice", PASSWORD)
        assert (closed.status_code, closed.headers["Retry-After"]) == (429, str(WINDOW))
        assert "Try again in 15 minutes." in closed.text
        assert 'value="alice"' in closed.text, "what was typed is kept"
        by_api = api(client, "alice", PASSWORD)
        assert by_api.status_code == 429, "one count for both ways in"
        assert by_api.json == {"message": "Try again in 15 minutes."}
        assert by_api.headers["Retry-After"] == str(WINDOW)
        assert page(new_client(app), "alice", PASSWORD, THERE).status_code == 303
        assert page(new_client(app), "claire", PASSWORD).status_code == 303, "others behind it"
        clock.shift(WINDOW + 1)
        assert page(client, "alice", PASSWORD).status_code == 303


def test_a_known_device_stays_open_whatever_others_try(app: Flask, client: Client) -> None:
    assert page(client, "alice", PASSWORD).status_code == 303
    client.post("/logout/")
    for _attempt in range(LIMIT):
        page(new_client(app), "alice", "wrong")
    attack(app, "alice", FREE - LIMIT)
    assert page(new_client(app), "alice", PASSWORD).status_code == 429
    assert page(client, "alice", PASSWORD).status_code == 303, "from the very same address"


def test_a_known_device_has_five_failures_of_its_own(client: Client) -> None:
    page(client, "alice", PASSWORD)
    client.post("/logout/")
    for number in range(LIMIT):
        assert page(client, "alice", "wrong", f"192.0.2.{number}").status_code == 401
    assert page(client, "alice", PASSWORD, THERE).status_code == 429


def test_a_device_is_known_for_who_signed_in_on_it(app: Flask, client: Client) -> None:
    page(client, "claire", PASSWORD)
    client.post("/logout/")
    cookie = client.get_cookie("device", path="/login/")
    assert cookie is not None
    assert cookie.http_only
    for _attempt in range(LIMIT):
        page(new_client(app), "alice", "wrong")
    assert page(client, "alice", PASSWORD).status_code == 429
    forged = new_client(app)
    forged.set_cookie("device", "WyJ4IixbMl1d.forged", path="/login/")
    assert page(forged, "alice", PASSWORD).status_code == 429


@pytest.mark.both
def test_from_everywhere_a_name_is_slowed_and_never_closed(app: Flask, client: Client) -> None:
    with time_machine.travel(utcnow(), tick=False) as clock:
        attack(app, "alice")
        pauses = []
        for number in range(8):
            assert page(new_client(app), "alice", "wrong", f"203.0.113.{number}").status_code == 401
            slowed = page(client, "alice", PASSWORD)
            assert slowed.status_code == 429
            pauses.append(int(slowed.headers["Retry-After"]))
            clock.shift(pauses[-1] + 0.01)
        assert pauses == [1, 2, 4, 8, 16, LONGEST, LONGEST, LONGEST]
        assert page(client, "alice", PASSWORD).status_code == 303


def test_waiting_tells_nothing_about_names(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    real = passwords.check_password_hash

    def count(kept: str, given: str) -> bool:
        checked.append(kept)
        return bool(real(kept, given))

    monkeypatch.setattr(passwords, "check_password_hash", count)
    told = []
    with time_machine.travel(utcnow(), tick=False):
        for name in ("alice", "nobody"):
            client = new_client(app)
            answers = [page(client, name, "wrong") for _ in range(LIMIT + 2)]
            told.append([answer.status_code for answer in answers])
            for limiter in app.extensions["limiter"]:
                limiter.reset()
            attack(app, name)
            page(client, name, "wrong", THERE)
            told[-1].append(page(client, name, "wrong", THERE).headers["Retry-After"])
            for limiter in app.extensions["limiter"]:
                limiter.reset()
    assert told[0] == told[1]
    assert len(checked) == 2 * (LIMIT + FREE + 1), "who waits costs no hash, whoever it is"


def test_a_new_password_opens_a_name(client: Client, everything: Any, cast: Any) -> None:
    for _attempt in range(LIMIT):
        page(client, "claire", "wrong")
    assert page(client, "claire", PASSWORD).status_code == 429
    with everything() as session:
        session.get_one(User, cast.claire).password = passwords.hash_password("another good one")
    assert page(client, "claire", "another good one").status_code == 303


def test_counters_that_do_not_answer_keep_nobody_out(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> int:
        raise sqlite3.OperationalError("the counters are busy")

    monkeypatch.setattr("crm.core.security.attempts._left", fail)
    for _attempt in range(LIMIT):
        page(client, "claire", "wrong")
    assert page(client, "claire", PASSWORD).status_code == 303


def test_counters_hold_no_name(app: Flask, client: Client) -> None:
    page(client, "a password in the wrong field", "x")
    path = app.extensions["crm.config"].instance / "counters.sqlite"
    with closing(sqlite3.connect(path)) as counters:
        keys = [key for (key,) in counters.execute("SELECT key FROM counter")]
    assert sum(key.startswith("sign-in/") for key in keys) == 2
    assert not any("password" in key for key in keys)


@pytest.mark.parametrize(("language", "words"), [("en", "Try again in"), ("fr", "Réessayez dans")])
def test_a_limit_says_in_the_readers_language_when_it_ends(
    language: str, words: str, client: Client
) -> None:
    for number in range(10):
        page(client, f"name{number}", "wrong")
    refused = page(client, "claire", PASSWORD, **{"Accept-Language": language})
    assert refused.status_code == 429
    assert words in refused.text
    assert 0 < int(refused.headers["Retry-After"]) <= 61  # the minute, rounded up


def test_one_person_does_not_stop_a_colleague_behind_the_same_address(
    app: Flask, as_user: Any
) -> None:
    claire, hugo = as_user("claire"), as_user("hugo")
    data = {"old_password": "wrong", "password": "a b c d e f", "confirm": "a b c d e f"}
    for _attempt in range(10):
        assert claire.post("/password/", data=data).status_code == 422
    assert claire.post("/password/", data=data).status_code == 429
    assert hugo.post("/password/", data=data).status_code == 422
    back = new_client(app)
    page(back, "hugo", PASSWORD)
    back.post("/logout/")
    for number in range(10):
        page(new_client(app), f"name{number}", "wrong")
    assert page(new_client(app), "hugo", PASSWORD).status_code == 429
    assert page(back, "hugo", PASSWORD).status_code == 303, "a device that is known"


def test_an_address_is_counted_alike_whatever_the_socket_calls_it(app: Flask) -> None:
    """A socket for IPv4 and IPv6, or nginx with one, says ::ffff:192.0.2.1."""
    known = {
        "192.0.2.1": "192.0.2.1",
        "::ffff:192.0.2.1": "192.0.2.1",
        "2001:db8::1": "20010db800000000/64",
    }
    for told, counted in known.items():
        with app.test_request_context("/", environ_base={"REMOTE_ADDR": told}):
            assert client_address() == counted
