"""Users and groups by the API: the same rules as on their pages, and no hash anywhere."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.fixtures import Cast, Client

Token = Callable[[str], dict[str, str]]
PATHS = ("companies", "users", "groups")


@pytest.mark.accept("A-23")
def test_people_are_an_administrators_here_too(client: Client, token_of: Token, cast: Cast) -> None:
    claire = token_of("claire")
    assert client.get("/api/v1/users/", headers=claire).status_code == 403
    assert client.get(f"/api/v1/users/{cast.hugo}", headers=claire).status_code == 403
    body: dict[str, Any] = {"last_name": "X", "row_version": 2}
    path = f"/api/v1/users/{cast.hugo}"
    assert client.put(path, headers=claire, json=body).status_code == 403
    assert client.delete(path, headers=claire).status_code == 403


def test_no_answer_has_a_hash(client: Client, token_of: Token, cast: Cast) -> None:
    alice = token_of("alice")
    addresses = [f"{name}/{rest}" for name in PATHS for rest in ("", "_info", "1")]
    for address in addresses:
        answer = client.get(f"/api/v1/{address}", headers=alice)
        assert answer.status_code == 200, address
        assert "scrypt" not in answer.text
        assert "password" not in answer.text
    asked = client.get("/api/v1/users/?q=(columns:!(password,session_epoch))", headers=alice)
    assert "scrypt" not in asked.text


def test_a_password_is_no_field(client: Client, token_of: Token, cast: Cast) -> None:
    path, alice = f"/api/v1/users/{cast.claire}", token_of("alice")
    version = client.get(path, headers=alice).get_json()["result"]["row_version"]
    for name in ("password", "session_epoch", "must_change_password"):
        answer = client.put(path, headers=alice, json={name: "x", "row_version": version})
        assert answer.status_code == 422
        assert list(answer.get_json()["errors"]) == [name]


def test_a_user_is_made_and_refused_by_the_rules_of_the_form(
    client: Client, token_of: Token, cast: Cast
) -> None:
    alice = token_of("alice")
    body = {
        "first_name": "Eva", "last_name": "X", "username": "EVA", "email": "Eva@acme.example",
        "language": "fr", "time_zone": "Europe/Paris", "companies": [cast.france], "active": True,
    }  # fmt: skip
    answer = client.post("/api/v1/users/", headers=alice, json=body)
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == ["roles"]
    answer = client.post("/api/v1/users/", headers=alice, json={**body, "groups": [cast.sales]})
    assert answer.status_code == 201
    assert answer.get_json()["result"]["username"] == "eva"
    again = {**body, "email": "other@acme.example", "groups": [cast.sales]}
    answer = client.post("/api/v1/users/", headers=alice, json=again)
    assert list(answer.get_json()["errors"]) == ["username"]


def test_the_last_administrator_stays_here_too(client: Client, token_of: Token, cast: Cast) -> None:
    alice = token_of("alice")
    first = f"/api/v1/users/{cast.people['admin']}"
    version = client.get(first, headers=alice).get_json()["result"]["row_version"]
    body = {"active": False, "row_version": version}
    assert client.put(first, headers=alice, json=body).status_code == 200
    own = f"/api/v1/users/{cast.alice}"
    version = client.get(own, headers=alice).get_json()["result"]["row_version"]
    body = {"roles": [], "groups": [cast.sales], "row_version": version}
    answer = client.put(own, headers=alice, json=body)
    assert answer.status_code == 422
    assert "at least one active administrator" in answer.text


def test_whoever_works_for_one_company_need_not_name_it(
    client: Client, token_of: Token, cast: Cast
) -> None:
    bodies: dict[str, dict[str, Any]] = {
        "leads": {"organization": "Élan"},
        "contacts": {"last_name": "Roy"},
        "opportunities": {"name": "Projet Alpha"},
        "events": {"subject": "Démonstration"},
        "accounts": {"name": "Faro"},
    }
    for resource, body in bodies.items():
        answer = client.post(f"/api/v1/{resource}/", headers=token_of("marc"), json=body)
        assert answer.status_code == 201, answer.text
        assert answer.get_json()["result"]["company"]["id"] == cast.france


def test_the_first_administrator_need_not_name_the_company_either(
    client: Client, token_of: Token, cast: Cast
) -> None:
    with_code = {"name": "Pump", "code": "P1", "prices": [{"currency": "EUR", "price": "10"}]}
    answer = client.post("/api/v1/products/", headers=token_of("admin"), json=with_code)
    assert answer.get_json()["result"]["company"]["id"] == cast.france


def test_values_of_a_vocabulary_are_read_and_not_written(
    client: Client, token_of: Token, cast: Cast
) -> None:
    for person in ("claire", "theo"):
        answer = client.get(
            "/api/v1/reference/stages/?q=(filters:!((col:kind,opr:in,value:!(open))))",
            headers=token_of(person),
        )
        assert answer.status_code == 200
        rows = answer.get_json()["result"]
        assert {row["kind"] for row in rows} == {"open"}
        assert [row["position"] for row in rows] == sorted(row["position"] for row in rows)
        assert rows[0]["name"]["fr"]
    stage, alice = f"/api/v1/reference/stages/{rows[0]['id']}", token_of("alice")
    assert client.get(stage, headers=alice).status_code == 200
    assert client.put(stage, headers=alice, json={"row_version": 1}).status_code == 405
    assert client.delete(stage, headers=alice).status_code == 405
    assert client.get("/api/v1/reference/stages/", headers=token_of("nadia")).status_code == 403
    assert client.get("/api/v1/reference/catalog-types/", headers=alice).status_code == 404


def test_whoever_may_use_the_api_reads_its_description(
    client: Client, token_of: Token, cast: Cast
) -> None:
    def paths(name: str) -> set[str]:
        answer = client.get("/api/v1/_openapi", headers=token_of(name))
        assert answer.status_code == 200, name
        return set(answer.get_json()["paths"])

    assert "/api/v1/users/" in paths("alice")
    assert "/api/v1/leads/" in paths("claire")
    assert "/api/v1/users/" not in paths("claire")
    assert "/api/v1/leads/" not in paths("theo")
    assert client.get("/api/v1/_openapi", headers=token_of("nadia")).status_code == 403
