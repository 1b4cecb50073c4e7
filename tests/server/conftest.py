"""A server of ours as a process of its own, with deadlines that a test can wait for."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parent / "program.py"


@dataclass
class Answer:
    """A response."""

    status: int
    headers: Message
    text: str


@dataclass
class Running:
    """A server that answers on `port`; `folder` is where its application keeps its files."""

    process: subprocess.Popen[str]
    host: str
    port: int
    folder: Path

    def get(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(HTTPConnection(self.host, self.port, timeout=20)) as connection:
            chunked = "Transfer-Encoding" in named
            connection.request(method, path, body, named, encode_chunked=chunked)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode())

    def open(self, *sent: bytes) -> socket.socket:
        """A connection on which these bytes were sent."""
        connection = socket.create_connection((self.host, self.port), timeout=20)
        for part in sent:
            connection.sendall(part)
        return connection

    def workers(self) -> list[int]:
        tasks = Path(f"/proc/{self.process.pid}/task")
        return [
            int(pid)
            for children in tasks.glob("*/children")
            for pid in children.read_text().split()
        ]

    def wait_for(self, pattern: str, count: int = 1) -> None:
        """Until the application has made that many files of this name."""
        wait_until(lambda: len(list(self.folder.glob(pattern))) >= count)


def wait_until(holds: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def read_all(connection: socket.socket) -> bytes:
    """What comes until the other side closes."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def _start(folder: Path, **options: Any) -> Running:
    host = options.get("host", "127.0.0.1")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.bind((host, 0))
        port = int(listener.getsockname()[1])
    command = [sys.executable, PROGRAM, folder, str(port), json.dumps(options)]
    environment = {**os.environ, "PYTHONPATH": str(PROGRAM.parents[2])}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert f":{port}" in line, f"said {line!r}"
    return Running(process, host, port, folder)


def _stop(running: Running) -> None:
    with running.process as process:
        process.kill()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """`start(workers=2)`: a server of this test's own."""
    with ExitStack() as stack:

        def begin(**options: Any) -> Running:
            running = _start(tmp_path, **options)
            stack.callback(_stop, running)
            return running

        yield begin


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One process, for the tests of a file that leave it running."""
    running = _start(tmp_path_factory.mktemp("server"))
    yield running
    _stop(running)
