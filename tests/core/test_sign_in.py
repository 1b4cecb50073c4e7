"""Both ways in. Traps 2.11, 2.17 and 2.18: on stock FAB each of these tests fails."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.companies.people import commands
from crm.core.rows import unfiltered
from tests.fixtures import PASSWORD, Cast, Client, new_client

Everything = Callable[[], AbstractContextManager[Session]]


def page(client: Client, name: str, password: str, query: str = "") -> Any:
    return client.post(f"/login/{query}", data={"username": name, "password": password})


def api(client: Client, name: str, password: str) -> Any:
    body = {"username": name, "password": password, "provider": "db", "refresh": True}
    return client.post("/api/v1/security/login", json=body)


def session_of(answer: Any) -> str:
    """The cookie of the session, as it was set."""
    cookies: list[str] = answer.headers.getlist("Set-Cookie")
    return next(cookie for cookie in cookies if cookie.startswith("session="))


def words(answer: Any) -> str:
    """What a refusal says, without the token and the name that was typed."""
    return re.sub(r'content="[^"]*"|value="[^"]*"|autofocus', "", answer.text)


@pytest.mark.both
def test_username_and_email_open_in_any_case(client: Client) -> None:
    for name in ("claire", "CLAIRE", " Claire@acme.EXAMPLE "):
        answer = page(client, name, PASSWORD)
        assert (answer.status_code, answer.location) == (303, "/")
        client.post("/logout/")


def test_a_refusal_never_tells_why(client: Client, everything: Everything, cast: Cast) -> None:
    with everything() as session:
        session.execute(update(User).where(User.id == cast.hugo).values(active=False))
        session.execute(update(User).where(User.id == cast.nadia).values(password=None))
    attempts = (("claire", "wrong"), ("nobody", PASSWORD), ("hugo", PASSWORD), ("nadia", PASSWORD))
    attempts += (("claire", ""), ("nadia", "\0\0"))
    answers = [page(client, *attempt) for attempt in attempts]
    assert {answer.status_code for answer in answers} == {401}
    assert len({words(answer) for answer in answers}) == 1
    for limiter in client.application.extensions["limiter"]:
        limiter.reset()
    assert {api(client, *attempt).status_code for attempt in attempts[:4]} == {401}


@pytest.mark.both
@pytest.mark.parametrize("name", ["a\0b", "\0", "\ud800", "a" * 100_000])
def test_a_name_that_no_database_takes_is_refused_like_any(name: str, client: Client) -> None:
    assert api(client, name, PASSWORD).status_code in (400, 401)
    assert api(client, "claire", name).status_code in (400, 401)
    assert page(client, name.replace("\ud800", "?"), "\0").status_code == 401


def test_a_body_that_is_none_is_refused_by_the_api(client: Client) -> None:
    for body in ([], {}, "text", {"username": "claire", "password": PASSWORD}, {"username": 5}):
        assert client.post("/api/v1/security/login", json=body).status_code == 400
    answer = client.post("/api/v1/security/login", data="{", content_type="application/json")
    assert answer.status_code == 400


def test_a_refusal_keeps_the_name_that_was_typed(client: Client) -> None:
    assert 'value="Claire D"' in page(client, "Claire D", "wrong").text


@pytest.mark.parametrize("way", [page, api])
def test_one_address_has_ten_attempts_a_minute(client: Client, way: Callable[..., Any]) -> None:
    for number in range(10):
        assert way(client, f"name{number}", "wrong").status_code == 401
    assert way(client, "claire", PASSWORD).status_code == 429


@pytest.mark.parametrize(
    "following",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example",
        "javascript:alert(1)", "/\t/evil.example", "https:evil.example", "/\x00", "evil.example",
        "///evil.example",
    ],
)  # fmt: skip
def test_next_stays_here(client: Client, following: str) -> None:
    answer = client.post(
        "/login/",
        query_string={"next": following},
        data={"username": "claire", "password": PASSWORD},
    )
    assert answer.location in ("/", None), answer.location


def test_next_leads_on(client: Client) -> None:
    answer = client.get("/leads/list/?search=a%20b")
    assert answer.status_code == 302
    assert answer.location == "/login/?next=/leads/list/?search%3Da%2520b"
    answer = client.post(answer.location, data={"username": "claire", "password": PASSWORD})
    assert answer.location == "/leads/list/?search=a%20b"


def test_what_was_in_the_cookie_before_does_not_survive_signing_in(client: Client) -> None:
    with client.session_transaction() as session:
        session["planted"] = "by somebody else"
        session["csrf_token"] = "known to somebody else"
        session["locale"] = "fr"
    client.sends_token = False
    client.post(
        "/login/",
        data={"username": "claire", "password": PASSWORD},
        headers={"X-CSRFToken": client.csrf_token()},
    )
    with client.session_transaction() as session:
        assert "_user_id" in session
        assert "planted" not in session
        assert session.get("csrf_token") != "known to somebody else"
        assert session["locale"] == "fr", "a language is no secret"


def test_staying_signed_in_is_asked_for(client: Client) -> None:
    answer = page(client, "claire", PASSWORD)
    assert "Expires" not in session_of(answer)
    client.post("/logout/")
    data = {"username": "claire", "password": PASSWORD, "remember": "1"}
    cookie = session_of(client.post("/login/", data=data))
    assert "Expires" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_signing_in_needs_a_token(client: Client) -> None:
    client.sends_token = False
    answer = page(client, "claire", PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/login/")
    assert client.get("/").status_code == 302


def test_signing_out_is_a_post_with_a_token(as_user: Callable[[str], Client]) -> None:
    claire = as_user("claire")
    assert claire.get("/logout/").status_code == 405
    claire.sends_token = False
    assert claire.post("/logout/").status_code == 400
    assert claire.get("/password/").status_code == 200, "still signed in"
    claire.sends_token = True
    answer = claire.post("/logout/")
    assert answer.status_code == 303
    assert answer.headers["Clear-Site-Data"] == '"cache"'


@pytest.mark.both
def test_a_copied_cookie_dies_with_its_session(app: Flask, client: Client) -> None:
    page(client, "claire", PASSWORD)
    cookie = client.get_cookie("session")
    assert cookie is not None
    thief, other = new_client(app), new_client(app)
    thief.set_cookie("session", cookie.value)
    page(other, "claire", PASSWORD)
    assert thief.get("/password/").status_code == 200
    client.post("/logout/")
    assert thief.get("/password/").status_code == 302
    assert other.get("/password/").status_code == 200, "her other device is not concerned"


def test_a_script_is_told_where_to_sign_in(client: Client) -> None:
    here = {"Referer": "http://localhost/leads/list/", "HX-Request": "true"}
    answer = client.get("/leads/pick/owner", headers=here)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login/?next=/leads/list/"
    foreign = {"Referer": "http://evil.example/leads/list/", "Accept": "application/json"}
    answer = client.get("/leads/pick/owner", headers=foreign)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/login/")


FRENCH = {"Accept-Language": "fr"}


def language_of(everything: Everything, user_id: int) -> str:
    with everything() as session:
        return str(session.scalar(select(User.language).where(User.id == user_id)))


@pytest.mark.both
def test_the_language_of_the_sign_in_page_holds_for_who_has_none_yet(
    client: Client, everything: Everything, cast: Cast
) -> None:
    with everything() as session:
        session.execute(update(User).where(User.id == cast.alice).values(language=""))
    client.post("/login/", data={"username": "alice", "password": PASSWORD}, headers=FRENCH)
    assert '<html lang="fr"' in client.get("/", headers={"Accept-Language": "en"}).text
    assert language_of(everything, cast.alice) == "fr"


def test_a_language_chosen_on_the_sign_in_page_becomes_ones_own(
    client: Client, everything: Everything, cast: Cast
) -> None:
    page(client, "claire", PASSWORD, "?lang=fr")
    assert '<html lang="fr"' in client.get("/").text
    assert language_of(everything, cast.claire) == "fr"


def test_the_language_of_the_browser_does_not_replace_ones_own(
    client: Client, everything: Everything, cast: Cast
) -> None:
    client.post("/login/", data={"username": "claire", "password": PASSWORD}, headers=FRENCH)
    assert '<html lang="en"' in client.get("/", headers=FRENCH).text
    assert language_of(everything, cast.claire) == "en"


@pytest.mark.both
def test_nobody_chose_a_language_for_a_user_that_a_command_made(
    app: Flask, everything: Everything
) -> None:
    with app.app_context(), unfiltered("as a command"):
        commands.create("zoe", "zoe@acme.example", "Zoé Zola", roles=["salesperson"])
    with everything() as session:
        zoe = session.scalars(select(User).where(User.username == "zoe")).one()
        assert zoe.language == ""
        zoe.phone = "+33612345678"
    with everything() as session:
        assert session.scalar(select(User.language).where(User.username == "zoe")) == ""
