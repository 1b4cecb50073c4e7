"""The worker beside the web processes: started again when it dies, and ended with the server."""

import os
import signal
from collections.abc import Callable

from tests.server.conftest import Running, wait_until


def workers(server: Running) -> list[int]:
    """The workers that were started, in order."""
    files = sorted(server.folder.glob("beside-*"), key=lambda file: file.stat().st_mtime_ns)
    return [int(file.name.partition("-")[2]) for file in files]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_killed_worker_is_replaced_and_the_last_one_finishes(
    start: Callable[..., Running],
) -> None:
    server = start(beside="works")
    wait_until(lambda: len(workers(server)) == 1)
    (first,) = workers(server)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: len(workers(server)) == 2)
    assert server.get("/health").status == 200
    server.process.terminate()
    assert server.process.wait(timeout=10) == 0
    assert (server.folder / "finished").exists()
    assert not is_alive(workers(server)[-1])


def test_it_ends_with_a_server_that_is_killed(start: Callable[..., Running]) -> None:
    server = start(beside="works")
    wait_until(lambda: len(workers(server)) == 1)
    server.process.kill()
    wait_until(lambda: not is_alive(workers(server)[0]))


def test_one_that_always_fails_is_given_up_and_the_pages_go_on(
    start: Callable[..., Running],
) -> None:
    server = start(beside="fails")
    wait_until(lambda: len(workers(server)) == 5)
    assert server.get("/health").status == 200
