"""A mail server in a thread of this process: aiosmtpd, which keeps what it accepts."""

import asyncio
import email
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from tests.proof.served import free_port

OK = "250 OK"


@dataclass
class Postbox:
    """What was accepted, and what to answer; `rcpt` and `data` may be replaced."""

    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)  # the same
    sessions: set[int] = field(default_factory=set)
    rcpt: Callable[[str], str] = lambda address: OK
    data: Callable[[EmailMessage], str] = lambda mail: OK
    accepting: float = 0  # seconds until the answer to a mail
    quit: str = "221 Bye"
    port: int = 0

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        answer = self.rcpt(address)
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        mail = email.message_from_bytes(envelope.content, policy=default)
        await asyncio.sleep(self.accepting)
        answer = self.data(mail)  # type: ignore[arg-type]  # an EmailMessage by that policy
        if answer == OK:
            self.mails.append(mail)  # type: ignore[arg-type]
            self.raw.append(envelope.content)
            self.sessions.add(id(session))
        return answer

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        return self.quit


@contextmanager
def open_postbox() -> Iterator[Postbox]:
    box = Postbox()
    box.port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
