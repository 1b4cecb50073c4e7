"""Slow clients delay nobody else."""

import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.server.conftest import Running, read_all, wait_until

HEAD = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
HALF_BODY = b"POST /sum HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nabc"
BIG = b"GET /stream/24 HTTP/1.1\r\nHost: localhost\r\n\r\n"
MANY = 24  # of each kind of slow client, where four would be enough


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_half_heads_half_bodies_and_stalled_readers_stop_nobody(
    start: Callable[..., Running], stack: ExitStack
) -> None:
    server = start(head=60, grace=60)
    for _ in range(MANY):
        for sent in (HEAD, HALF_BODY, BIG):
            stack.enter_context(server.open(sent))
    took = []
    for _ in range(10):
        begin = time.monotonic()
        assert server.get("/health").status == 200
        took.append(time.monotonic() - begin)
    assert sorted(took)[5] < 3


def test_a_thousand_idle_and_two_hundred_half_requests_stop_nobody(
    start: Callable[..., Running], stack: ExitStack
) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 4096:
        pytest.skip(f"a process may open {hard} files here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, hard))
    server = start(workers=2, head=60, grace=60)
    for sent in [b""] * 1000 + [HEAD, HALF_BODY] * 100:
        stack.enter_context(server.open(sent))
    took = []
    for _ in range(20):
        begin = time.monotonic()
        assert server.get("/health").status == 200
        took.append(time.monotonic() - begin)
    assert sorted(took)[10] < 1


def test_a_head_that_does_not_end_is_closed(server: Running, stack: ExitStack) -> None:
    silent = stack.enter_context(server.open(HEAD))
    trickling = stack.enter_context(server.open(HEAD))
    begin = time.monotonic()
    with _trickle(trickling, b"A"):
        assert read_all(silent) == b""
        assert _closed(trickling)
    assert time.monotonic() - begin < 10


def test_a_body_that_does_not_come_is_closed(server: Running, stack: ExitStack) -> None:
    silent = stack.enter_context(server.open(HALF_BODY))
    trickling = stack.enter_context(server.open(HALF_BODY))
    chunked = HALF_BODY.replace(b"Content-Length: 100000", b"Transfer-Encoding: chunked")
    chunks = stack.enter_context(server.open(chunked.replace(b"abc", b"1\r\na\r\n")))
    begin = time.monotonic()
    with _trickle(trickling, b"b"), _trickle(chunks, b"1\r\na\r\n"):
        assert read_all(silent) == b""
        assert _closed(trickling)
        assert _closed(chunks)
    assert time.monotonic() - begin < 10


def test_a_body_at_a_slow_but_human_pace_arrives(server: Running) -> None:
    head = HALF_BODY.replace(b"100000\r\n\r\nabc", b"24000\r\n\r\n")
    with server.open(head) as connection:
        for _ in range(12):
            connection.sendall(b"x" * 2000)
            time.sleep(0.25)
        connection.shutdown(socket.SHUT_WR)
        assert b'"bytes":24000' in read_all(connection)


def test_a_reader_who_stalls_is_closed(server: Running) -> None:
    with server.open(BIG) as connection:
        time.sleep(4)
        assert len(_read_or_reset(connection)) < 24 << 20


def test_a_slow_reader_gets_all_of_it(start: Callable[..., Running]) -> None:
    server = start(grace=2)
    with server.open(BIG.replace(b"localhost", b"localhost\r\nConnection: close")) as connection:
        received = 0
        begin = time.monotonic()
        while time.monotonic() - begin < 5:
            received += len(connection.recv(10_000))
            time.sleep(0.02)
        received += len(read_all(connection))
    assert received > 24 << 20


def test_an_idle_connection_is_closed_after_a_while(start: Callable[..., Running]) -> None:
    server = start(idle=1)
    with server.open() as fresh, server.open(HEAD + b"\r\n") as used:
        begin = time.monotonic()
        assert read_all(fresh) == b""
        assert read_all(used).endswith(b"ok")
    assert 0.9 < time.monotonic() - begin < 10


def test_a_request_sent_ahead_may_wait_for_the_one_before(server: Running) -> None:
    first = HEAD.replace(b"/health", b"/wait/2.5") + b"\r\n"
    with server.open(first + HEAD) as connection:
        wait_until(lambda: connection.recv(1) == b"H")
        connection.sendall(b"Connection: close\r\n\r\n")
        assert read_all(connection).endswith(b"ok")


class _trickle:  # noqa: N801  used like a function
    """Send these bytes again and again, until the other side has closed."""

    def __init__(self, connection: socket.socket, part: bytes) -> None:
        self.connection, self.part, self.ended = connection, part, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        while not self.ended.wait(0.1):
            try:
                self.connection.sendall(self.part)
            except OSError:
                return

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join()


def _closed(connection: socket.socket) -> bool:
    return _read_or_reset(connection) == b""


def _read_or_reset(connection: socket.socket) -> bytes:
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)
