"""How built files are answered."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from crm.assets import asset, serve


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__, static_folder=None)
    serve(app, {"X-Content-Type-Options": "nosniff"})
    return app.test_client()


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_a_built_file_is_compressed_and_kept_for_good(client: FlaskClient, encoding: str) -> None:
    wanted = {"Accept-Encoding": encoding}
    answer = client.get(asset("main.css"), headers=wanted, buffered=True)
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == encoding
    assert "immutable" in answer.headers["Cache-Control"]


def test_a_built_file_carries_the_security_headers(client: FlaskClient) -> None:
    answer = client.get(asset("icons.svg"), buffered=True)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_other_addresses_reach_the_application(client: FlaskClient) -> None:
    assert client.get("/static/nothing.css").status_code == 404


def test_an_unknown_name_is_a_mistake_of_the_template() -> None:
    with pytest.raises(KeyError):
        asset("nothing.css")
