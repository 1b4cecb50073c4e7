"""Deadlines and limits of a request while it is received.

A refused request is answered by the application, in the reader's language: it gets the head of the
request without its body, and the status of the answer.
"""

import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask
from waitress.utilities import BadRequest, RequestHeaderFieldsTooLarge

from crm.core.limits import FORM_BYTES, LINE_BYTES, REFUSED

HEAD_SECONDS = 10  # for the head of a request
GRACE_SECONDS = 20  # before a rate is asked of a body or of a reader
SLOWEST = 1024  # bytes a second, on average
CHUNK_LINE = 1024  # bytes of what stands between the chunks of a body

BodyLimit = Callable[[str, str, str], int]  # method, path, cookies → bytes


def is_too_slow(since: float, now: float, count: int) -> bool:
    """Whether `count` bytes since then are fewer than any browser sends or reads."""
    age = now - since
    return age > GRACE_SECONDS and count < SLOWEST * age


class Request(HTTPRequestParser):
    """waitress 3.0's request with a deadline, and limits that depend on user and URL."""

    refused = 0  # the status of the refusal; 0: not refused
    completed: bool
    body_rcv: Any

    def __init__(self, body_limit: BodyLimit, settings: Any) -> None:
        super().__init__(settings)
        self.body_limit = body_limit
        self.largest = FORM_BYTES
        self.restart(time.monotonic())

    def restart(self, now: float) -> None:
        """Start the deadline again: the client could not send while the server was busy."""
        self.began = now
        self.bytes_before = self.body_bytes_received

    def is_overdue(self, now: float) -> bool:
        if not self.headers_finished:
            return now - self.began > HEAD_SECONDS
        return is_too_slow(self.began, now, self.body_bytes_received - self.bytes_before)

    def received(self, data: bytes) -> int:
        """Process received bytes. Returns how many of `data` belong to this request."""
        was_in_head = not self.headers_finished
        count = int(super().received(data))
        if was_in_head:
            self._judge_head(data)
        elif self.chunked:
            self._judge_chunks()
        return len(data) if self.refused else count

    def _judge_head(self, data: bytes) -> None:
        if isinstance(self.error, RequestHeaderFieldsTooLarge):
            line, *rest = (self.header_plus + data).split(b"\r\n", 1)
            self._refuse(414 if not rest or len(line) > LINE_BYTES else 431)
        elif self.headers_finished and self.error is None:
            self.restart(time.monotonic())
            if not self._may_have(self.content_length):
                self._refuse(413)

    def _judge_chunks(self) -> None:
        if not self._may_have(self.body_bytes_received):
            self._refuse(413)
        elif len(self.body_rcv.control_line) + len(self.body_rcv.trailer) > CHUNK_LINE:
            self.error, self.completed = BadRequest("Invalid chunk"), True

    def _may_have(self, count: int) -> bool:
        if count > self.largest == FORM_BYTES:
            self.largest = self.body_limit(self.command, self.path, self.headers.get("COOKIE", ""))
        return count <= self.largest

    def _refuse(self, status: int) -> None:
        self.refused, self.error = status, None
        self.expect_continue = False
        self.completed = self.connection_close = True
        self.close()
        self.body_rcv = None

    def get_body_stream(self) -> Any:
        return BytesIO() if self.refused else super().get_body_stream()


class Task(WSGITask):
    """waitress 3.0's task; of a refused request it passes the status and closes the connection."""

    request: Request

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        environ["wsgi.multiprocess"] = True
        if self.request.refused:
            environ[REFUSED] = self.request.refused
            environ["CONTENT_LENGTH"] = "0"
        return environ

    def build_response_header(self) -> bytes:
        if self.request.refused or self.channel.server.is_draining:
            self.set_close_on_finish()
        return bytes(super().build_response_header())

    def finish(self) -> None:
        if self.request.command == "HEAD":
            self.chunked_response = False  # no body, so no end of one either
        super().finish()
