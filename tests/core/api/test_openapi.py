"""Every answer is validated against the description."""

import json
from typing import Any

import jsonschema
import pytest

from tests.core.api.describing import strict
from tests.core.api.world import Api, World


def document(api: Api) -> Any:
    status, found = api.get("_openapi")
    assert status == 200
    return found


def check(api: Api, template: str, method: str, answer: Any) -> None:
    """The answer is one that the document promises for this status."""
    status, body = answer
    spec = document(api)
    operation = spec["paths"][f"/api/v1/{template}"][method]
    promised = operation["responses"][str(status)]["content"]["application/json"]["schema"]
    jsonschema.validate(body, strict(promised, spec["components"]["schemas"]))


def test_every_reference_leads_somewhere(world: World, alice: Api) -> None:
    world.switch(manage_agencies=True, manage_catalogs=True, manage_recurring=True)
    spec = document(alice)
    text = json.dumps(spec)
    references = {piece.split('"')[0] for piece in text.split('"$ref": "')[1:]}
    for reference in references:
        found = spec
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
    assert spec["openapi"].startswith("3.0")
    assert spec["servers"] == [{"url": "/"}]
    assert set(spec["components"]["securitySchemes"]) == {"jwt", "jwt_refresh"}
    assert "scrypt" not in text
    assert "password" not in json.dumps(spec["components"]["schemas"])


def test_answers_are_as_described(world: World, alice: Api) -> None:
    world.switch(manage_agencies=True, manage_recurring=True)
    q = {"keys": ["none"]}
    body = {"organization": "Durand", "owner": world.people["claire"], "tags": [1], "score": 3}
    made = alice.post("test/leads/", body)
    check(alice, "test/leads/", "post", made)
    pk = made[1]["id"]
    check(alice, "test/leads/{pk}", "get", alice.get(f"test/leads/{pk}", q=q))
    check(alice, "test/leads/", "get", alice.get("test/leads/", q=q))
    changed = alice.put(f"test/leads/{pk}", {"row_version": 1, "phone": "0612345678"})
    check(alice, "test/leads/{pk}", "put", changed)
    stale = alice.put(f"test/leads/{pk}", {"row_version": 1, "score": 5})
    check(alice, "test/leads/{pk}", "put", stale)
    wrong = alice.put(f"test/leads/{pk}", {"row_version": 2, "score": 9})
    check(alice, "test/leads/{pk}", "put", wrong)
    check(alice, "test/leads/{pk}", "delete", alice.delete(f"test/leads/{pk}"))
    check(alice, "test/leads/{pk}", "get", alice.get(f"test/leads/{pk}"))
    check(alice, "test/leads/", "get", alice.get("test/leads/", q={"page": -1}))
    deal = {"name": "D", "amount": "5", "recurring_amount": "1", "account": world.ids["account"]}
    made = alice.post("test/opportunities/", deal)
    check(alice, "test/opportunities/", "post", made)
    made = alice.post("test/sources/", {"name": {"en": "Web"}})
    check(alice, "test/sources/", "post", made)
    line = {"label": "Bolt", "quantity": "1", "unit_price": "2.5", "product": world.ids["product"]}
    made = alice.post("test/quotes/", {"account": world.ids["account"], "lines": [line]})
    check(alice, "test/quotes/", "post", made)


def test_bodies_are_as_described(world: World, alice: Api) -> None:
    spec = document(alice)
    schemas = spec["components"]["schemas"]
    body = strict(schemas["LeadResource.post"], schemas)
    jsonschema.validate({"organization": "Dupont", "owner": 1, "tags": [1], "score": None}, body)
    for wrong in ({"score": 9}, {"nope": 1}, {"owner": "x"}, {"organization": "x" * 161}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, body)
    assert schemas["LeadResource.put"]["required"] == ["row_version"]
    assert schemas["OpportunityResource.post"]["required"] == ["name"]
    assert schemas["SourceResource.post"]["required"] == ["name"]
    amount = schemas["OpportunityResource.get"]["properties"]["amount"]
    assert (amount["type"], amount["nullable"]) == ("string", True)
    assert schemas["OpportunityResource.get"]["properties"]["total_amount"]["readOnly"] is True


def test_the_required_fields_suffice(world: World, alice: Api) -> None:
    minimal = {"leads": {"last_name": "Roy"}, "opportunities": {"name": "D"}}
    for resource, body in minimal.items():
        assert alice.post(f"test/{resource}/", body)[0] == 201
    assert alice.post("test/opportunities/", {})[0] == 422


def test_a_switch_that_is_off_is_not_described(world: World, alice: Api) -> None:
    text = json.dumps(document(alice))
    assert "agency" not in text
    assert "recurring" not in text
    assert "catalogs" not in text
    world.switch(manage_agencies=True, manage_catalogs=True, manage_recurring=True)
    text = json.dumps(document(alice))
    assert all(word in text for word in ("agency", "recurring_amount", "test/catalogs/"))


def test_a_route_that_is_left_out_is_not_described(world: World, alice: Api) -> None:
    world.switch(manage_catalogs=True)
    spec = document(alice)
    assert "post" not in spec["paths"]["/api/v1/test/catalogs/"]
    assert "CatalogResource.post" not in spec["components"]["schemas"]


def test_every_route_is_described(world: World, alice: Api) -> None:
    world.switch(manage_catalogs=True)
    paths = document(alice)["paths"]
    for rule in world.app.url_map.iter_rules():
        if rule.rule.startswith("/api/v1/test/"):
            path = rule.rule.replace("<pk>", "{pk}")
            for method in rule.methods - {"HEAD", "OPTIONS"}:
                assert method.lower() in paths[path], rule


def test_another_version_does_not_exist(world: World, alice: Api) -> None:
    assert alice.ask("GET", "../v2/_openapi")[0] == 404


def test_the_document_is_one_of_openapi(world: World, alice: Api) -> None:
    """What a validator of the format minds most: responses everywhere, no empty `required`."""
    world.switch(manage_agencies=True, manage_catalogs=True, manage_recurring=True)
    spec = document(alice)
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            assert operation["responses"], (method, path)
            assert operation["tags"], (method, path)
    assert '"required": []' not in json.dumps(spec)


def test_signing_in_is_described_as_it_is(world: World, alice: Api) -> None:
    body = document(alice)["paths"]["/api/v1/security/login"]["post"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    sent = {"username": "nobody", "password": "x", "provider": "db"}
    jsonschema.validate(sent, schema)
    assert alice.post("security/login", sent)[0] == 401
    assert alice.post("security/login", {**sent, "provider": "ldap"})[0] == 400
    assert alice.ask("POST", "security/refresh")[0] == 401
