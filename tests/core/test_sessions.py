"""What ends a session or a token, and what one is good for. Traps 2.2, 2.10, 2.11, 2.17, 2.18."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from flask_jwt_extended import create_access_token
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from crm.companies.people import commands, users
from crm.core.config import Config
from crm.core.security import hash_password, trusted_hosts
from crm.core.security.gate import OPEN
from crm.core.security.manager import EPOCH
from tests.fixtures import PASSWORD, Acting, Cast, Client, signed_in, token_header

As = Callable[[str], Client]
Everything = Callable[[], AbstractContextManager[Session]]
Token = Callable[[str], dict[str, str]]

REFRESH = "/api/v1/security/refresh"
ENDINGS: dict[str, Callable[[User], None]] = {
    "a new password": lambda user: users.set_password(user, "a hash", must_change=False),
    "deactivation": users.deactivate,
}


@pytest.mark.both
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_session_and_a_token_end_with(
    ending: str, as_user: As, token_of: Token, acting: Acting, cast: Cast
) -> None:
    claire, token = as_user("claire"), token_of("claire")
    assert claire.get("/password/").status_code == 200
    assert claire.get("/api/v1/_openapi", headers=token).status_code == 200
    with acting("alice") as session:
        ENDINGS[ending](session.get_one(User, cast.claire))
    assert claire.get("/password/").status_code == 302
    assert claire.get("/api/v1/_openapi", headers=token).status_code == 401


@pytest.mark.both
def test_who_gets_the_number_of_a_deleted_user_does_not_get_their_sessions(
    app: Flask, acting: Acting, cast: Cast, client: Client
) -> None:
    """SQLite gives the last number again."""
    gone = engaged(acting, cast, "gone")
    browser, token = signed_in(app, gone), token_header(app, gone)
    assert browser.get("/leads/list/").status_code == 200
    with acting("alice") as session:
        users.delete(session.get_one(User, gone))
    engaged(acting, cast, "newcomer")
    assert browser.get("/leads/list/").status_code == 302
    assert client.get("/api/v1/leads/", headers=token).status_code == 401


def engaged(acting: Acting, cast: Cast, name: str) -> int:
    """The id of a new salesperson with a password."""
    with acting("alice") as session:
        user = users.create(
            {
                "username": name, "email": f"{name}@acme.example", "first_name": name,
                "last_name": name, "active": True,
                "roles": session.get_one(User, cast.claire).roles,
                "companies": session.get_one(User, cast.claire).companies,
            }
        )  # fmt: skip
        users.set_password(user, hash_password(PASSWORD), must_change=False)
        return int(user.id)


def test_activating_somebody_again_revives_no_session(
    as_user: As, acting: Acting, cast: Cast
) -> None:
    claire = as_user("claire")
    for active in (False, True):
        with acting("alice") as session:
            users.update(session.get_one(User, cast.claire), {"active": active})
    assert claire.get("/password/").status_code == 302


def test_a_refresh_token_ends_too(client: Client, app: Flask) -> None:
    body = {"username": "claire", "password": PASSWORD, "provider": "db", "refresh": True}
    kept = client.post("/api/v1/security/login", json=body).get_json()["refresh_token"]
    header = {"Authorization": f"Bearer {kept}"}
    fresh = client.post(REFRESH, headers=header).get_json()["access_token"]
    header_of_fresh = {"Authorization": f"Bearer {fresh}"}
    assert client.get("/api/v1/_openapi", headers=header_of_fresh).status_code == 200
    with app.app_context():
        commands.password("claire", "another password")
    assert client.post(REFRESH, headers=header).status_code == 401
    assert client.get("/api/v1/_openapi", headers=header_of_fresh).status_code == 401


def test_a_token_made_in_the_second_of_a_password_change_is_told_apart(
    app: Flask, token_of: Token, client: Client
) -> None:
    before = token_of("alice")
    with app.app_context():
        commands.password("alice", "another password")
    after = token_of("alice")
    assert client.get("/api/v1/_openapi", headers=before).status_code == 401
    assert client.get("/api/v1/_openapi", headers=after).status_code == 200


@pytest.mark.parametrize("epoch", [None, "", "x", -1, 99])
def test_a_token_without_the_right_epoch_is_nobody(
    epoch: Any, app: Flask, cast: Cast, client: Client
) -> None:
    with app.test_request_context(environ_overrides={EPOCH: epoch}):
        token = create_access_token(identity=str(cast.alice))
    header = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/_openapi", headers=header).status_code == 401


@pytest.mark.parametrize(
    "pk", ["", "1", "1.0", "1.0.", "a.0.k", "1.x.k", "9" * 30 + ".0.k", "٣.0.k"]
)
def test_a_session_that_is_none_is_nobody(pk: str, app: Flask) -> None:
    with app.test_request_context():
        assert app.extensions["appbuilder"].sm.load_user(pk) is None


def test_a_token_decides_even_where_a_cookie_says_somebody_else(
    as_user: As, token_of: Token, app: Flask
) -> None:
    alice = as_user("alice")
    assert alice.get("/api/v1/_openapi", headers=token_of("claire")).status_code in (200, 403)
    for rule in api_rules(app):
        assert alice.open(rule.rule, method=method_of(rule)).status_code == 401, rule


def api_rules(app: Flask) -> Iterator[Rule]:
    """The addresses of the API that take a token and nothing else."""
    for rule in app.url_map.iter_rules():
        plain = not rule.arguments and rule.rule.startswith("/api/")
        if plain and rule.endpoint not in ("LoginApi.login", "OpenApi.get"):
            yield rule


def method_of(rule: Rule) -> str:
    return next(iter(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})))


def test_who_asks_costs_two_statements_and_never_a_hash(
    as_user: As, token_of: Token, client: Client, counting: Any
) -> None:
    claire, token = as_user("claire"), token_of("claire")
    for ask in (
        lambda: claire.post("/theme/nonsense"),  # 404, before anything else is read
        lambda: client.get("/api/v1/users/", headers=token),
    ):
        with counting() as statements:
            assert ask().status_code in (403, 404)
        about = [one for one in statements if re.search(r"\bab_user\b|role_cell|user_company", one)]
        assert len(about) == 2
        assert not any(re.search(r"\bpassword\b", one) for one in statements)


# A first password ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def first(as_user: As, everything: Everything, cast: Cast) -> Client:
    """Claire, signed in with a password that was given to her."""
    with everything() as session:
        session.execute(
            update(User).where(User.id == cast.claire).values(must_change_password=True)
        )
    return as_user("claire")


def test_a_first_password_opens_one_page(first: Client) -> None:
    for path in ("/", "/leads/list/", "/profile/", "/users/list/"):
        answer = first.get(path)
        assert (answer.status_code, answer.location) == (302, "/password/"), path
    assert first.post("/leads/add", data={"last_name": "X"}).location == "/password/"
    assert first.get("/password/").status_code == 200
    assert first.post("/lang/fr").status_code == 303
    answer = first.get("/api/v1/_openapi")
    assert (answer.status_code, answer.location) == (401, None), "a cookie is no token"
    assert first.post("/logout/").status_code == 303


def test_a_token_of_a_first_password_is_told_why(
    first: Client, token_of: Token, app: Flask, client: Client
) -> None:
    header = token_of("claire")
    answer = client.get("/api/v1/_openapi", headers=header)
    assert answer.status_code == 403
    assert "Change your password first" in answer.get_json()["message"]
    answer = client.post(REFRESH, headers=header)
    assert answer.status_code == 401, "an access token is no refresh token"


def test_choosing_a_password_opens_the_rest_and_ends_the_other_sessions(
    first: Client, as_user: As, client: Client
) -> None:
    elsewhere = as_user("claire")
    chosen = "a heron on the old quay"
    answer = change(first, PASSWORD, chosen)
    assert (answer.status_code, answer.location) == (303, "/")
    assert first.get("/leads/list/").status_code == 200
    assert elsewhere.get("/leads/list/").location == "/login/?next=/leads/list/"
    assert (
        client.post("/login/", data={"username": "claire", "password": chosen}).status_code == 303
    )


def change(client: Client, old: str, new: str, again: str | None = None) -> Any:
    data = {"old_password": old, "password": new, "confirm": new if again is None else again}
    return client.post("/password/", data=data)


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("wrong", "a heron on the old quay", None, "This is not your current password."),
        (PASSWORD, "a heron on the old quay", "a heron", "The two passwords do not match."),
        (PASSWORD, PASSWORD, None, "Choose a password other than the current one."),
        (PASSWORD, "too short", None, "Enter at least 12 characters."),
        (PASSWORD, "Claire and a long rest", None, "must not contain the username"),
    ],
)
def test_a_password_is_refused_beside_its_field(
    old: str, new: str, again: str | None, said: str, as_user: As
) -> None:
    claire = as_user("claire")
    answer = change(claire, old, new, again)
    assert answer.status_code == 422
    assert said in answer.text
    assert new not in answer.text, "a password is not written into a page"
    assert claire.get("/leads/list/").status_code == 200, "a refusal ends nothing"


# Closed unless said otherwise ────────────────────────────────────────────────────────────────────


def test_no_page_is_public(app: Flask, client: Client) -> None:
    assert app.config["AUTH_ROLE_PUBLIC"] == ""
    for rule in app.url_map.iter_rules():
        if rule.endpoint in OPEN or rule.arguments or rule.endpoint == "LoginApi.login":
            continue
        answer = client.open(rule.rule, method=method_of(rule))
        assert answer.status_code in (302, 303, 401), rule
        assert answer.status_code == 401 or answer.location.startswith("/login/"), rule


def test_every_post_needs_a_token(app: Flask, as_user: As) -> None:
    alice = as_user("alice")
    alice.sends_token = False
    tried = 0
    for rule in app.url_map.iter_rules():
        # The API has tokens of its own; of a public link the address is the secret.
        is_own = not rule.rule.startswith(("/api/", "/p/"))
        if "POST" in (rule.methods or ()) and is_own:
            path = rule.build(dict.fromkeys(rule.arguments, 1))
            assert path is not None
            assert alice.post(path[1]).status_code == 400, rule
            tried += 1
    assert tried > 10


def test_nothing_of_the_engines_own_pages_is_there(app: Flask, as_user: As) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    stock = {
        "UtilView", "LocaleView", "ResetMyPasswordView", "ResetPasswordView", "UserInfoEditView",
        "UserDBModelView", "PermissionModelView", "RegisterUserDBView", "MenuApi", "appbuilder",
        "PermissionViewModelView", "ViewMenuModelView", "UserStatsChartView",
    }  # fmt: skip
    assert not stock & {one.partition(".")[0] for one in endpoints}
    alice = as_user("alice")
    for path in (
        "/back", "/lang/fr", "/users/userinfo/", "/resetmypassword/form", "/api/v1/menu/",
        "/resetpassword/form?pk=1", "/permissions/list/", "/static/appbuilder/css/ab.css",
    ):  # fmt: skip
        assert alice.get(path).status_code in (404, 405), path


def test_a_made_up_host_is_refused(client: Client) -> None:
    assert client.get("/login/", headers={"Host": "evil.example"}).status_code == 400
    for host in ("localhost", "localhost:8080", "127.0.0.1:8080"):
        assert client.get("/login/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("public_url", "trusted"),
    [
        ("https://crm.example", ["crm.example", "localhost", "127.0.0.1", "[::1]"]),
        ("http://0.0.0.0:8080", None),
    ],
)
def test_the_trusted_host_is_that_of_public_url(
    public_url: str, trusted: list[str] | None, tmp_path: Path
) -> None:
    config = Config(tmp_path, "sqlite://", "k" * 40, public_url=public_url)
    app = Flask("test")
    app.extensions["crm.config"] = config
    assert trusted_hosts(app) == trusted


def test_rights_are_asked_of_the_actor_alone(app: Flask) -> None:
    manager = app.extensions["appbuilder"].sm
    with app.test_request_context():
        assert not manager.has_access("can_read", "leads")
        assert not manager._has_view_access(object(), "can_read", "leads")
        assert not manager.is_item_public("can_read", "leads")
        assert manager._get_user_permission_view_menus(object(), "can_read", ["leads"]) == set()
        assert manager.validate_api_key("sst_anything") is None
