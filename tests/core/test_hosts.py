"""Under which names the application answers."""

import logging
from collections.abc import Callable

import pytest
from flask import Flask

from tests.fixtures import Client, new_client

STRANGE = ("10.0.0.3", "10.0.0.3:8080", "[fd00::3]", "evil.example", "")


@pytest.mark.parametrize("host", STRANGE)
def test_health_answers_under_any_name(host: str, client: Client) -> None:
    assert client.get("/health", headers={"Host": host}).status_code == 200


def test_health_answers_behind_a_proxy_that_names_an_address(
    another_app: Callable[..., Flask],
) -> None:
    behind = new_client(another_app(proxies=1))
    named = {"X-Forwarded-Host": "10.0.0.3", "X-Forwarded-For": "10.0.0.9"}
    assert behind.get("/health", headers=named).status_code == 200
    assert behind.get("/login/", headers=named).status_code == 400


@pytest.mark.parametrize("path", ["/", "/login/", "/leads/list/", "/api/v1/leads/", "/nowhere"])
def test_a_strange_name_is_a_plain_400_without_a_trace(
    path: str, as_user: Callable[[str], Client], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "crm"):
        answer = as_user("claire").get(path, headers={"Host": "evil.example"})
    assert (answer.status_code, answer.mimetype) == (400, "text/plain")
    assert answer.text == "This server does not serve this host name."
    assert not caplog.records
    french = {"Host": "evil.example", "Accept-Language": "fr"}
    if path == "/login/":
        refused = new_client(as_user("claire").application).get(path, headers=french)
        assert refused.text == "Ce serveur ne répond pas à ce nom d’hôte."
