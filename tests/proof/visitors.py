"""Concurrent clients of a server: readers at a fixed rate, writers, heavy jobs."""

import re
import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

from tests.proof.served import CRM, LOST, Caller, Served

TOKEN = re.compile(rb'name="csrf_token" value="([^"]+)"')
BOUNDARY = "kept-apart"


@dataclass
class Measured:
    """How long each request took, in seconds, and what went wrong."""

    taken: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.taken, n=20)[18] if len(self.taken) > 1 else 0.0

    @property
    def longest(self) -> float:
        return max(self.taken, default=0.0)

    def note(self, what: str, begin: float, ask: Callable[[], tuple[int, Any]], *meant: int) -> Any:
        """Ask, and note how long it took since `begin`; another status than `meant` is wrong."""
        try:
            status, told = ask()
        except LOST as error:
            self.wrong.append(f"{what}: {error!r}")
            return None
        self.taken.append(time.monotonic() - begin)
        if status not in meant:
            self.wrong.append(f"{what}: {status} {str(told)[:300]}")
        return told


Work = Callable[[threading.Event], None]


def together(seconds: float, *work: Work) -> None:
    """Let everybody work for some time, then wait until they have finished what they began."""
    stop = threading.Event()
    threads = [threading.Thread(target=one, args=(stop,)) for one in work]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    stop.set()
    for thread in threads:
        thread.join(120)


def read_on(caller: Caller, path: str, measured: Measured) -> Work:
    """Read a page again and again, one request after the other."""

    def work(stop: threading.Event) -> None:
        while not stop.is_set():
            measured.note(path, time.monotonic(), lambda: _page(caller, path), 200)

    return work


def read_at(caller: Caller, path: str, every: float, first: float, measured: Measured) -> Work:
    """Read a page every so many seconds, counted from when it was due: waiting counts."""

    def work(stop: threading.Event) -> None:
        due = time.monotonic() + first
        while not stop.is_set():
            time.sleep(max(due - time.monotonic(), 0))
            measured.note(path, due, lambda: _page(caller, path), 200)
            due += every

    return work


def _page(caller: Caller, path: str) -> tuple[int, bytes]:
    return caller.ask("GET", path, Accept_Encoding="gzip, br")


def save_at(
    caller: Caller, path: str, every: float, body: Callable[[int], Any], measured: Measured
) -> Work:
    """Change a record through the API every so many seconds."""

    def work(stop: threading.Event) -> None:
        version, number = caller.api("GET", path)[1]["result"]["row_version"], 0
        while not stop.wait(every):
            number += 1
            said = {**body(number), "row_version": version}
            ask = lambda said=said: caller.api("PUT", path, said)  # noqa: E731
            told = measured.note(path, time.monotonic(), ask, 200)
            if told and "result" in told:
                version = told["result"]["row_version"]

    return work


def post_at(
    caller: Caller, path: str, every: float, fields: Mapping[str, str], measured: Measured
) -> Work:
    """Send a form every so many seconds."""

    def work(stop: threading.Event) -> None:
        token = _token(caller, "/quotes/add")
        data = urlencode({**fields, "csrf_token": token}).encode()
        kind = "application/x-www-form-urlencoded"
        while not stop.is_set():
            ask = lambda: caller.ask("POST", path, data, Content_Type=kind)  # noqa: E731
            measured.note(path, time.monotonic(), ask, 200)
            stop.wait(every)

    return work


def upload_at(
    caller: Caller, every: float, fields: Mapping[str, str], file: bytes, measured: Measured
) -> Work:
    """Add a catalogue every so many seconds."""

    def work(stop: threading.Event) -> None:
        token, number = _token(caller, "/catalogs/add"), 0
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        while not stop.is_set():
            number += 1
            name = f"{fields['name']} {number}"  # unique within a company
            body = _multipart({**fields, "name": name, "csrf_token": token}, file)
            length = str(sum(map(len, body)))
            said = {"Content_Type": kind, "Content_Length": length}
            ask = partial(caller.ask, "POST", "/catalogs/add", body, **said)
            measured.note("/catalogs/add", time.monotonic(), ask, 303)
            stop.wait(every)

    return work


def _token(caller: Caller, path: str) -> str:
    found = TOKEN.search(caller.ask("GET", path)[1])
    assert found is not None
    return found[1].decode()


def _multipart(fields: Mapping[str, str], file: bytes) -> list[bytes]:
    """The parts of a body, so that the file is not copied for each request."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    head = 'Content-Disposition: form-data; name="file"; filename="big.pdf"'
    parts.append(f"--{BOUNDARY}\r\n{head}\r\nContent-Type: application/pdf\r\n\r\n")
    return ["".join(parts).encode(), file, f"\r\n--{BOUNDARY}--\r\n".encode()]


def big_pdf(size: int) -> bytes:
    """A PDF file of one page, and of `size` bytes."""
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 210 297]>>",
        b"<</Length %d>>stream\n%s\nendstream" % (size, b"x" * size),
    ]
    file, places = b"%PDF-1.7\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 5\n0000000000 65535 f \n" + table
    end = b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(file)
    return file + head + end


def import_on(server: Served, files: Callable[[int], list[str]], measured: Measured) -> Work:
    """Import one file after the other; `files` gives the arguments of the command."""

    def work(stop: threading.Event) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            command = [CRM, "import", *files(number)]
            with subprocess.Popen(
                command, env=server.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            ) as process:
                begin = time.monotonic()
                said = process.communicate()[0].decode(errors="replace")
            measured.taken.append(time.monotonic() - begin)
            if process.returncode:
                measured.wrong.append(f"import: {said[-500:]}")

    return work


HALF_HEAD = b"GET /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
HALF_BODY = (
    b"POST /login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nusername="
)


def dawdle(server: Served, count: int) -> Work:
    """Hold `count` connections that send a byte a second: half a head or half a body."""

    def work(stop: threading.Event) -> None:
        held: dict[int, socket.socket] = {}
        while not stop.wait(1):
            for number in range(count):
                with suppress(OSError):
                    if number not in held:
                        held[number] = _open(server.port, HALF_BODY if number % 2 else HALF_HEAD)
                    held[number].sendall(b"x")
                    continue
                if number in held:  # closed by the server, as it should
                    held.pop(number).close()
        for one in held.values():
            one.close()

    return work


def _open(port: int, begin: bytes) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", port), timeout=2)
    opened.sendall(begin)
    return opened
