"""A mail server in a process of its own: writes down each mail, on the disk, before it answers.

Arguments: the port, the folder. A line of its file is a Message-ID and the recipient.
"""

import email
import os
import sys
import threading
from typing import Any

from aiosmtpd.controller import Controller


class Keeping:
    """Accepts everything."""

    def __init__(self, path: str) -> None:
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        mail = email.message_from_bytes(envelope.content)
        line = f"{mail['Message-ID']} {envelope.rcpt_tos[0]}\n"
        os.write(self.file, line.encode())
        os.fsync(self.file)
        return "250 OK"


if __name__ == "__main__":
    Controller(Keeping(sys.argv[2]), hostname="127.0.0.1", port=int(sys.argv[1])).start()
    threading.Event().wait()
