"""What is too large to be read is refused in words, whatever server stands in front."""

import time
from io import BytesIO

import pytest

from crm.core.limits import FIELDS, FORM_BYTES, LINE_BYTES, UPLOAD_BYTES, body_limit

FORM = "application/x-www-form-urlencoded"
API = "/api/v1/security/login"


def test_a_form_of_more_than_a_megabyte_is_refused_in_the_readers_language(client):
    body = "username=" + "a" * FORM_BYTES
    for language, words in (
        ("en", "The data sent is too large"),
        ("fr", "L’envoi est trop volumineux"),
    ):
        headers = {"Accept-Language": language}
        answer = client.post("/login/", data=body, content_type=FORM, headers=headers)
        assert answer.status_code == 413
        assert words in answer.text
        assert "50" in answer.text


def test_the_api_refuses_in_json(client):
    headers = {"Accept-Language": "fr"}
    answer = client.post(API, data="[" * 2 * FORM_BYTES, headers=headers)
    assert answer.status_code == 413
    assert "50 Mo" in answer.json["message"]


def test_a_body_without_a_length_is_counted(client):
    environ = {"wsgi.input_terminated": True, "CONTENT_LENGTH": None}
    answer = client.post(
        "/login/",
        input_stream=BytesIO(b"a" * 2 * FORM_BYTES),
        environ_overrides=environ,
        content_type=FORM,
    )
    assert answer.status_code == 413


def test_a_form_of_too_many_fields_is_refused_at_once(client):
    for body in ("a&" * FIELDS, "a=1&" * FIELDS):
        begin = time.process_time()
        answer = client.post("/login/", data=body, content_type=FORM)
        assert answer.status_code == 413
        assert time.process_time() - begin < 0.5


def test_a_multipart_form_of_too_many_fields_is_refused(client):
    part = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    body = part * (FIELDS + 1) + "--x--\r\n"
    kind = "multipart/form-data; boundary=x"
    assert client.post("/login/", data=body, content_type=kind).status_code == 413


@pytest.mark.parametrize("bracket", ["[", '{"a":'])
def test_json_that_is_nested_too_deeply_cannot_be_read(client, as_user, token_of, bracket):
    bomb = bracket * 100_000
    json = {"Content-Type": "application/json"}
    assert client.post(API, data=bomb, headers=json).status_code == 400
    for path in ("/api/v1/leads/", "/api/v1/quotes/"):
        answer = client.post(path, data=bomb, headers=json | token_of("alice"))
        assert answer.status_code == 400, path


def test_only_who_is_signed_in_may_send_a_file_and_only_to_its_form(app, as_user, cast):
    alice = as_user("alice")
    cookie = f"session={alice.get_cookie(app.config['SESSION_COOKIE_NAME']).value}"
    assert body_limit(app, "POST", "/catalogs/add", cookie) == UPLOAD_BYTES
    assert body_limit(app, "POST", "/catalogs/edit/7", cookie) == UPLOAD_BYTES
    assert body_limit(app, "POST", "/outbox/compose", cookie) == UPLOAD_BYTES
    for method, path, cookies in (
        ("POST", "/catalogs/add", ""),
        ("POST", "/catalogs/add", cookie[:-3] + "abc"),
        ("POST", "/catalogs/delete/7", cookie),
        ("POST", "/leads/add", cookie),
        ("PUT", "/catalogs/add", cookie),
        ("POST", "/nowhere", cookie),
        ("POST", "//\xff", cookie),
    ):
        assert body_limit(app, method, path, cookies) == FORM_BYTES, (method, path)


def test_a_stranger_cannot_send_a_file(client):
    kind = "multipart/form-data; boundary=x"
    answer = client.post("/catalogs/add", data=bytes(2 * FORM_BYTES), content_type=kind)
    assert answer.status_code == 413


def test_an_address_has_8_kb(as_user):
    alice = as_user("alice")
    long = "/leads/list/?search=" + "a" * LINE_BYTES
    answer = alice.get(long, headers={"Accept-Language": "en"})
    assert answer.status_code == 414
    assert f"{LINE_BYTES}" in answer.text
    assert alice.get(long[: LINE_BYTES - 100]).status_code == 200
    assert alice.get("/api/v1/leads/?q=" + "a" * LINE_BYTES).json["message"]
