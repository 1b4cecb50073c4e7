"""`crm serve` as a group of processes of its own, on a port of this machine only."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from flask import Flask

from tests.fixtures import SECRET, session_cookie, token_header

CRM = Path(sys.executable).with_name("crm")
STARTS_WITHIN = 60  # seconds, on a busy machine
LOST = (OSError, HTTPException)  # what a client meets whose server was killed


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Served:
    """A server on the database of `app`; what it says is in the file `log`."""

    app: Flask
    settings: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What the server, and any other command on the same database, is told."""
        config = self.app.extensions["crm.config"]
        return {
            **os.environ,
            "INSTANCE": str(config.instance),
            "DATABASE_URL": config.database_url,
            "FILES_URL": str(config.files),
            "SECRET_KEY": SECRET,
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            **self.settings,
        }

    @property
    def log(self) -> Path:
        return Path(self.app.extensions["crm.config"].instance) / "server.log"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [CRM, "serve"],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,  # its group is killed at the end, whatever became of it
            )
        self.wait()

    def wait(self) -> None:
        """Until it answers."""
        until = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < until:
            with suppress(*LOST), urlopen(self.url("/health"), timeout=5) as answer:
                if answer.status == 200:
                    return
            time.sleep(0.05)
        raise TimeoutError(self.log.read_text()[-3000:])

    def workers(self) -> list[int]:
        """The ids of the processes that answer."""
        assert self.process is not None
        told = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False
        )
        return [int(pid) for pid in told.stdout.split()]

    def kill(self) -> None:
        """End the whole group at once, as a power cut would."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def serving(app: Flask, **settings: str) -> Iterator[Served]:
    """A running server on the database of `app`."""
    server = Served(app, settings)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@dataclass
class Caller:
    """Somebody at a server, over one connection that is kept open."""

    server: Served
    user_id: int
    timeout: float = 60
    connection: HTTPConnection | None = None

    def __post_init__(self) -> None:
        app = self.server.app
        name = app.config["SESSION_COOKIE_NAME"]
        self.cookie = f"{name}={session_cookie(app, self.user_id)}"
        self.token = token_header(app, self.user_id)

    def ask(
        self, method: str, path: str, body: Iterable[bytes] | bytes | None = None, **headers: str
    ) -> tuple[int, bytes]:
        """(status, body) of an answer. Raises one of LOST where none comes."""
        if self.connection is None:
            self.connection = HTTPConnection("127.0.0.1", self.server.port, timeout=self.timeout)
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        known = self.token if path.startswith("/api/") else {"Cookie": self.cookie}
        try:
            self.connection.request(method, path, body, {**known, **said})
            answer = self.connection.getresponse()
            read = answer.read()
        except BaseException:
            self.hang_up()
            raise
        for given in answer.headers.get_all("Set-Cookie") or ():
            if given.startswith(self.cookie.partition("=")[0] + "="):
                self.cookie = given.partition(";")[0]
        if answer.will_close:
            self.hang_up()
        return answer.status, read

    def api(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """(status, JSON) of an answer of the API."""
        data = None if body is None else json.dumps(body).encode()
        status, read = self.ask(method, f"/api/v1/{path}", data, Content_Type="application/json")
        return status, json.loads(read or b"null")

    def hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None
