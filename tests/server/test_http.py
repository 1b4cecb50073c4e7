"""HTTP as clients speak it, on one process."""

import hashlib
import json
import socket
from contextlib import closing
from http.client import HTTPConnection

from tests.server.conftest import Running, read_all

HEAD = b"POST /sum HTTP/1.1\r\nHost: localhost\r\n"


def test_a_connection_is_kept_for_the_next_request(server: Running) -> None:
    with closing(HTTPConnection(server.host, server.port, timeout=20)) as connection:
        connection.connect()
        first = connection.sock
        for _ in range(3):
            connection.request("GET", "/health")
            assert connection.getresponse().read() == b"ok"
            assert connection.sock is first


def test_requests_sent_ahead_are_answered_in_their_order(server: Running) -> None:
    ask = "GET {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n"
    sent = (
        ask.format("/wait/0.3", "")
        + ask.format("/health", "")
        + ask.format("/health", "Connection: close\r\n")
    )
    with server.open(sent.encode()) as connection:
        answers = read_all(connection)
    assert answers.count(b"HTTP/1.1 200 OK") == 3
    assert answers.index(b"done by") < answers.index(b"\r\n\r\nok")


def test_an_old_client_gets_its_answer_and_the_end(server: Running) -> None:
    with server.open(b"GET /health HTTP/1.0\r\n\r\n") as connection:
        assert read_all(connection).endswith(b"ok")


def test_head_has_the_headers_and_no_body(server: Running) -> None:
    (server.folder / "doc.txt").write_text("0123456789")
    for path, length in (("/file/doc.txt", b"Content-Length: 10"), ("/stream/1", b"200 OK")):
        head = f"HEAD {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        with server.open(head.encode()) as connection:
            answer = read_all(connection)
        assert length in answer
        assert answer.endswith(b"\r\n\r\n")


def test_a_file_in_parts_and_not_twice(server: Running) -> None:
    (server.folder / "doc.txt").write_text("0123456789")
    part = server.get("/file/doc.txt", Range="bytes=2-4")
    assert (part.status, part.text) == (206, "234")
    etag = part.headers["ETag"]
    again = server.get("/file/doc.txt", If_None_Match=etag)
    assert (again.status, again.text) == (304, "")


def test_a_body_in_chunks(server: Running) -> None:
    body = b"abc" * 1000
    answer = server.get("/sum", "POST", iter([body[:700], body[700:]]), Transfer_Encoding="chunked")
    expected = {"bytes": 3000, "sha256": hashlib.sha256(body).hexdigest()}
    assert json.loads(answer.text) == expected


def test_a_client_that_asks_first_is_told_to_go_on(server: Running) -> None:
    with server.open(HEAD + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n") as connection:
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abc")
        connection.shutdown(socket.SHUT_WR)
        assert b'"bytes":3' in read_all(connection)


def test_a_client_that_stops_sending_still_gets_its_answer(server: Running) -> None:
    with server.open(b"GET /wait/0.2 HTTP/1.1\r\nHost: localhost\r\n\r\n") as connection:
        connection.shutdown(socket.SHUT_WR)
        assert b"done by" in read_all(connection)


def test_a_strangers_word_on_who_asks_is_ignored(server: Running) -> None:
    headers = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "https"}
    said = json.loads(server.get("/who", **headers, X_Forwarded_Host="evil.example").text)
    assert said["address"] == "127.0.0.1"
    assert said["scheme"] == "http"
    assert "evil" not in said["host"]


def test_the_server_does_not_say_what_it_is(server: Running) -> None:
    assert "Server" not in server.get("/health").headers


def test_nonsense_is_400(server: Running) -> None:
    for line in (
        b"\x16\x03\x01\x02\x00\x01",
        b"GET",
        b"get / HTTP/1.1",
        b"GET / HTTP/1.1\r\nA b: c",
    ):
        with server.open(line + b"\r\n\r\n") as connection:
            assert read_all(connection).startswith(b"HTTP/1.0 400"), line


def test_two_lengths_or_a_strange_coding_are_refused(server: Running) -> None:
    for headers in (
        b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"Content-Length: -1\r\n\r\n",
        b"Transfer-Encoding: gzip\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 2000,
    ):
        with server.open(HEAD + headers) as connection:
            answer = read_all(connection)
        assert answer.split(b" ")[1] in {b"400", b"501"}, headers
