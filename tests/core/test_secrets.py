"""The secret: made once and whole, refused where it is none, changed without signing people out."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from crm.core.config import ConfigError, read_config
from tests.fixtures import PASSWORD, SECRET, Client, new_client

NEW = "n" * 40


def secret_in(folder: Path) -> str:
    return read_config({"INSTANCE": str(folder)}).secret_key


def test_the_first_start_makes_a_secret_that_nobody_else_reads(tmp_path: Path) -> None:
    made = secret_in(tmp_path)
    assert len(made) >= 32
    assert secret_in(tmp_path) == made
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kept", ["", "\n", "short", " " * 40])
def test_a_file_that_holds_no_secret_stops_the_start(kept: str, tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text(kept)
    with pytest.raises(ConfigError, match="secret_key is empty or has less than 32 bytes"):
        secret_in(tmp_path)
    assert (tmp_path / "secret_key").read_text() == kept


def test_starts_at_the_same_moment_agree_on_one_secret(tmp_path: Path) -> None:
    found: list[str] = []
    together = threading.Barrier(8)

    def start() -> None:
        together.wait()
        found.append(secret_in(tmp_path))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_start_that_dies_leaves_no_half_of_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(size: int) -> str:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("crm.core.config.secrets.token_urlsafe", fail)
        with pytest.raises(OSError, match="full"):
            secret_in(tmp_path)
    assert not (tmp_path / "secret_key").exists()
    assert len(secret_in(tmp_path)) >= 32


def test_older_keys_are_listed_and_as_long(tmp_path: Path) -> None:
    env = {"INSTANCE": str(tmp_path), "SECRET_KEY": NEW}
    assert read_config(env).old_secret_keys == ()
    listed = f"{'a' * 32}, {'b' * 32} {'c' * 32}"
    found = read_config({**env, "SECRET_KEY_FALLBACKS": listed}).old_secret_keys
    assert found == ("a" * 32, "b" * 32, "c" * 32)
    with pytest.raises(ConfigError, match="SECRET_KEY_FALLBACKS"):
        read_config({**env, "SECRET_KEY_FALLBACKS": "short"})


@pytest.fixture
def rotate(another_app: Callable[..., Flask]) -> Callable[..., Flask]:
    """The same application after its key was changed."""
    return lambda *old: another_app(secret_key=NEW, old_secret_keys=old)


def carried(client: Client, app: Flask) -> Client:
    """The same browser, at `app`."""
    other = new_client(app)
    cookie = client.get_cookie("session")
    assert cookie is not None
    other.set_cookie("session", cookie.value)
    return other


def test_a_new_key_signs_nobody_out_while_the_old_one_is_listed(
    as_user: Callable[[str], Client], rotate: Callable[..., Flask]
) -> None:
    claire = as_user("claire")
    token = claire.csrf_token()
    claire.sends_token = False
    after = carried(claire, rotate(SECRET))
    after.sends_token = False
    answer = after.post("/theme/dark", headers={"X-CSRFToken": token})
    assert answer.status_code == 303, "a page that was open still saves"
    assert after.get("/profile/").status_code == 200
    without = carried(claire, rotate())
    assert without.get("/profile/").status_code == 302


def bearer(client: FlaskClient, path: str, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    method = client.post if path.endswith("refresh") else client.get
    return method(path, headers=headers).status_code


def test_the_tokens_of_the_api_outlive_a_new_key_too(
    client: Client, rotate: Callable[..., Flask]
) -> None:
    body = {"username": "claire", "password": PASSWORD, "provider": "db", "refresh": True}
    tokens = client.post("/api/v1/security/login", json=body).json
    assert tokens is not None
    after, without = new_client(rotate(SECRET)), new_client(rotate())
    for path, name in (("/api/v1/leads/", "access"), ("/api/v1/security/refresh", "refresh")):
        assert bearer(after, path, tokens[f"{name}_token"]) == 200
        assert bearer(without, path, tokens[f"{name}_token"]) == 401
    fresh = after.post("/api/v1/security/login", json=body).json
    assert fresh is not None
    assert bearer(client, "/api/v1/leads/", fresh["access_token"]) == 401, "signed by the new one"
