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
