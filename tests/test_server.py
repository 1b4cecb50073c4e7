"""`crm serve`, as a process of its own."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.request import urlopen

import pytest

# An application that takes its time; the server knows only the name of its factory.
PROGRAM = """
import sys, time, types
from flask import Flask

def create_app():
    app = Flask("slow")
    app.add_url_rule("/<float:seconds>", view_func=lambda seconds: time.sleep(seconds) or "done")
    return app

sys.modules["crm.app"] = types.SimpleNamespace(create_app=create_app)
from crm.server import serve
serve("127.0.0.1", int(sys.argv[1]))
"""


@pytest.fixture
def port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def server(port: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", PROGRAM, str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert f"http://127.0.0.1:{port}" in process.stdout.readline()
        yield process
        process.kill()


def test_a_running_request_is_finished_before_the_end(
    server: subprocess.Popen[str], port: int
) -> None:
    def get(seconds: float) -> str:
        with urlopen(f"http://127.0.0.1:{port}/{seconds}", timeout=10) as answer:
            return str(answer.read().decode())

    assert get(0.0) == "done"  # the process behind the listener has started
    with ThreadPoolExecutor() as pool:
        running = pool.submit(get, 1.0)
        time.sleep(0.3)
        server.terminate()
        assert running.result() == "done"
    assert server.wait(timeout=10) == 0
