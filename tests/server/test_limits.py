"""Requests that are too large are refused by their head, with the application's page."""

import re
import time
from collections.abc import Callable
from pathlib import Path

from tests.server.conftest import Running, read_all

QUICK = 3  # seconds: a tenth of one where the machine does nothing else
MB = 1024 * 1024
GB = 1024 * MB


def declared(path: str, size: int, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {size}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def test_a_body_that_is_too_large_is_refused_before_it_comes(server: Running) -> None:
    for size in (MB + 1, 900 * MB, 5000 * GB):
        begin = time.monotonic()
        with server.open(declared("/sum", size)) as connection:
            answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"Connection: close" in answer
        assert time.monotonic() - begin < QUICK


def test_a_client_that_sends_it_all_the_same_reads_why(server: Running) -> None:
    answer = server.get("/sum", "POST", bytes(30 * MB))
    assert (answer.status, "too large" in answer.text) == (413, True)


def test_one_that_asks_first_is_not_told_to_go_on(server: Running) -> None:
    with server.open(declared("/sum", 2 * MB, "Expect: 100-continue")) as connection:
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_chunks_are_counted(server: Running) -> None:
    parts = (bytes(65536) for _ in range(40))
    assert server.get("/sum", "POST", parts, Transfer_Encoding="chunked").status == 413


def test_memory_stays_flat_whatever_is_sent(start: Callable[..., Running]) -> None:
    server = start()
    server.get("/health")
    (worker,) = server.workers()
    before = _peak(worker)
    for _ in range(3):
        assert server.get("/sum", "POST", bytes(60 * MB)).status == 413
    assert _peak(worker) - before < 8 * MB


def test_only_who_is_signed_in_may_send_a_file_and_only_there(
    start: Callable[..., Running],
) -> None:
    server = start()
    cookie = server.get("/sign-in", "POST").headers["Set-Cookie"].split(";")[0]
    body = bytes(20 * MB)
    (worker,) = server.workers()
    before = _peak(worker)
    assert server.get("/upload", "POST", body).status == 413
    assert server.get("/upload", "POST", body, Cookie=cookie[:-2] + "xx").status == 413
    assert server.get("/sum", "POST", body, Cookie=cookie).status == 413
    answer = server.get("/upload", "POST", body, Cookie=cookie)
    assert (answer.status, f'"bytes":{20 * MB}' in answer.text) == (200, True)
    assert server.get("/upload", "POST", bytes(52 * MB), Cookie=cookie).status == 413
    assert _peak(worker) - before < 8 * MB  # what is read waits on disk


def test_an_address_may_have_8_kb(server: Running) -> None:
    for path, status in (("/health?" + "x" * 8000, 200), ("/health?" + "x" * 8200, 414)):
        assert server.get(path).status == status
    begin = time.monotonic()
    assert server.get("/" + "x" * 2 * MB).status == 414
    assert time.monotonic() - begin < QUICK


def test_headers_may_have_64_kb(server: Running) -> None:
    assert server.get("/health", Cookie="x" * 50_000).status == 200
    assert server.get("/health", Cookie="x" * 500_000).status == 431


def test_what_follows_a_refused_request_is_not_taken_for_another(server: Running) -> None:
    sent = declared("/sum", 2 * MB) + b"GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with server.open(sent) as connection:
        connection.shutdown(1)
        assert re.findall(rb"HTTP/1.1 (\d+)", read_all(connection)) == [b"413"]


def _peak(pid: int) -> int:
    """The most memory that a process has had so far, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024
