"""Every resource of the API, later ones too: statements, description, and the way back."""

import json
from typing import Any

import jsonschema
import pytest
from flask import Flask

from crm.companies.actors import load_actor
from crm.companies.models import Group, User
from crm.core.actor import acting_as
from crm.core.api import ModelRestApi, OpenApi
from crm.core.api.columns import written
from crm.core.models import spec_of
from tests.core.api.describing import strict
from tests.fixtures import World, new_client, statements_of, token_header

ACTOR = 2  # statements that find out who asks


def resources(app: Flask) -> list[Any]:
    views = app.extensions["appbuilder"].baseviews
    return [view for view in views if isinstance(view, ModelRestApi)]


def ask(world: World, method: str, path: str, **given: Any) -> tuple[int, Any]:
    header = token_header(world.app, world.cast.people["alice"])
    answer = new_client(world.app).open(path, method=method, headers=header, **given)
    return answer.status_code, answer.get_json()


def described(world: World) -> Any:
    """The description as Alice finds it."""
    with world.app.test_request_context():
        actor = load_actor(world.cast.people["alice"])
        assert actor is not None
        with acting_as(actor):
            spec = OpenApi._create_api_spec("v1")
            for api in resources(world.app):
                api.add_api_spec(spec)
    return json.loads(json.dumps(spec.to_dict()))


def test_a_row_tells_what_may_be_sent(planted: World) -> None:
    """The lines of a quote, its currency and discount, the members of a group: all of it."""
    schemas = described(planted)["components"]["schemas"]
    for api in resources(planted.app):
        told = schemas[f"{type(api).__name__}.get"]["properties"]
        for method in ("post", "put"):
            body = schemas.get(f"{type(api).__name__}.{method}", {"properties": {}})["properties"]
            values = body.keys() - dict(api.save_options).keys()
            assert not values - told.keys(), (api.resource_name, method)
            for name in body.keys() & dict(api.children).keys():
                line = told[name]["items"]["properties"]
                assert not body[name]["items"]["properties"].keys() - line.keys(), name


COMMON = ("external_ref", "changed_on", "created_on", "name", "first_name", "last_name", "email",
    "phone", "reference", "kind", "currency", "stage", "code")  # fmt: skip


def test_whatever_identifies_a_row_is_told_and_filters_the_list(planted: World) -> None:
    for api in resources(planted.app):
        for name in COMMON:
            try:
                spec = spec_of(api.datamodel.obj, name)
            except KeyError:
                continue
            where = f"{api.resource_name}: {name}"
            assert name in api.show_columns, where
            is_stored = name in api.datamodel.list_columns or spec.kind.name == "reference"
            if is_stored and spec.kind.name != "translated":
                assert name in api.search_columns, where
    for resource, name in (("leads", "status.kind"), ("opportunities", "stage.kind")):
        assert any(
            name in a.search_columns for a in resources(planted.app) if a.resource_name == resource
        )


def test_every_filter_that_is_offered_is_answered(planted: World) -> None:
    wrong = []
    for api in resources(planted.app):
        info = ask(planted, "GET", f"{api.route_base}/_info?q=(keys:!(filters))")[1]["filters"]
        for operator in ("empty", "filled"):
            names = [n for n, known in info.items() if operator in [o["operator"] for o in known]]
            filters = ",".join(f"(col:{name},opr:{operator})" for name in names)
            answer = ask(planted, "GET", f"{api.route_base}/?q=(filters:!({filters}))")
            if answer[0] != 200:
                wrong.append((api.resource_name, answer))
    assert not wrong


def test_no_body_has_to_name_the_company(planted: World) -> None:
    for name, schema in described(planted)["components"]["schemas"].items():
        assert "company" not in schema.get("required", ()), name


def first_row(world: World, api: Any) -> Any:
    status, answer = ask(world, "GET", f"{api.route_base}/")
    assert status == 200, (api.route_base, answer)
    assert answer["ids"], f"{api.route_base} has no row: plant one in tests/population.py"
    return ask(world, "GET", f"{api.route_base}/{answer['ids'][0]}")[1]["result"]


def test_a_list_takes_four_statements_and_a_row_three(planted: World) -> None:
    """Beside the actor's two, whatever the number of rows: nothing is read row by row.

    What one may do to people and groups follows from their rights, two statements a page.
    """
    over = {}
    for api in resources(planted.app):
        pk = ask(planted, "GET", f"{api.route_base}/")[1]["ids"][0]
        header = token_header(planted.app, planted.cast.people["alice"])
        of_rights = 2 if api.datamodel.obj in (User, Group) else 0
        for path, budget in ((f"{api.route_base}/", 4), (f"{api.route_base}/{pk}", 3)):
            client = new_client(planted.app)
            with statements_of(planted.app, "BEGIN", "PRAGMA") as sent:
                assert client.get(path, headers=header).status_code == 200
            if len(sent) > ACTOR + budget + of_rights:
                over[path] = sent
    assert not over, over


def test_answers_are_as_described(planted: World) -> None:
    document = described(planted)
    schemas = document["components"]["schemas"]
    for api in resources(planted.app):
        for path, template in (
            (f"{api.route_base}/?q=(keys:!(none))", f"{api.route_base}/"),
            (f"{api.route_base}/{first_row(planted, api)['id']}?q=(keys:!(none))",
             f"{api.route_base}/{{pk}}"),
        ):  # fmt: skip
            status, body = ask(planted, "GET", path)
            operation = document["paths"][template]["get"]["responses"][str(status)]
            promised = operation["content"]["application/json"]["schema"]
            jsonschema.validate(body, strict(promised, schemas))


def test_what_is_read_may_be_written_back(planted: World) -> None:
    """An integration that reads a row, changes nothing and saves it, changes nothing."""
    schemas = described(planted)["components"]["schemas"]
    for api in resources(planted.app):
        if "put" in api.exclude_route_methods:
            continue
        row = first_row(planted, api)
        with planted.app.test_request_context():
            actor = load_actor(planted.cast.people["alice"])
            assert actor is not None
            with acting_as(actor):
                names = [name for name in written(api, api.edit_columns) if name in row]
        # The reason of a loss goes with losing: planted rows have one all the same.
        names = [name for name in names if name not in api.outcome_columns]
        body = {name: as_sent(row[name]) for name in names if not api.children.get(name)}
        if "row_version" in row:
            body["row_version"] = row["row_version"]
        promised = schemas[f"{type(api).__name__}.put"]
        jsonschema.validate(body, strict(promised, schemas))
        status, answer = ask(planted, "PUT", f"{api.route_base}/{row['id']}", json=body)
        assert status == 200, (api.route_base, body, answer)
        same = {name: answer["result"][name] for name in names}
        assert same == {name: row[name] for name in names}


def as_sent(told: Any) -> Any:
    """A link is told by id and label, and sent by its id."""
    if isinstance(told, list):
        return [as_sent(one) for one in told]
    if isinstance(told, dict) and "label" in told:
        return told["id"]
    return told


@pytest.mark.parametrize("word", ["password", "epoch", "hash", "secret", "stored_name"])
def test_no_secret_is_told_or_asked_for(planted: World, word: str) -> None:
    assert word not in json.dumps(described(planted)["components"]["schemas"])
