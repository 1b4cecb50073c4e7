"""Stopping a server, and the loss of a process."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.server.conftest import Running, read_all, wait_until


def test_running_requests_are_finished_before_the_end(start: Callable[..., Running]) -> None:
    server = start(workers=2)
    with ThreadPoolExecutor() as pool:
        running = [pool.submit(server.get, "/wait/1.5") for _ in range(4)]
        server.wait_for("begun-*", 4)
        server.process.terminate()
        answers = [one.result() for one in running]
    assert all(answer.text.startswith("done") for answer in answers)
    assert {answer.headers["Connection"] for answer in answers} == {"close"}
    assert server.process.wait(timeout=10) == 0


def test_a_process_that_is_starting_ends_too(start: Callable[..., Running]) -> None:
    server = start(workers=2, starting=2)
    server.get("/health")
    wait_until(lambda: len(server.workers()) == 2)
    server.process.terminate()
    assert server.process.wait(timeout=10) == 0


def test_an_upload_under_way_is_taken_and_nothing_new_is(start: Callable[..., Running]) -> None:
    server = start(grace=20)
    head = b"POST /sum HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\n\r\nabc"
    with server.open(b"GET / HT") as half_head, server.open() as idle, server.open(head) as upload:
        server.get("/health")
        server.process.terminate()
        assert read_all(half_head) == read_all(idle) == b""
        wait_until(lambda: not _accepts(server))
        upload.sendall(b"def")
        assert b'"bytes":6' in read_all(upload)
    assert server.process.wait(timeout=10) == 0


def test_interrupted_it_ends_at_once(start: Callable[..., Running]) -> None:
    server = start()
    with ThreadPoolExecutor() as pool:
        running = pool.submit(server.get, "/wait/8.0")
        server.wait_for("begun-*")
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(timeout=5) == 0
        with pytest.raises(OSError):  # noqa: PT011  closed or reset, as the moment will have it
            running.result()


def test_a_killed_process_is_replaced_and_others_lose_nothing(
    start: Callable[..., Running],
) -> None:
    server = start(workers=2)
    with ThreadPoolExecutor() as pool:
        running = pool.submit(server.get, "/wait/2.0")
        server.wait_for("begun-*")
        wait_until(lambda: len(server.workers()) == 2)
        (begun,) = server.folder.glob("begun-*")
        working = int(begun.name.split("-")[1])
        (free,) = set(server.workers()) - {working}
        os.kill(free, signal.SIGKILL)
        wait_until(lambda: len(set(server.workers()) - {free}) == 2)
        assert [server.get("/health").status for _ in range(10)] == [200] * 10
        assert running.result().text == f"done by {working}"


def test_the_processes_end_with_their_parent(start: Callable[..., Running]) -> None:
    server = start(workers=2)
    server.get("/health")
    children = server.workers()
    server.process.kill()
    wait_until(lambda: not any(_is_alive(pid) for pid in children))


def _accepts(server: Running) -> bool:
    try:
        server.open().close()
    except OSError:
        return False
    return True


def _is_alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"
