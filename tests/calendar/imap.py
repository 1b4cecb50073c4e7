"""A small IMAP server (RFC 3501): one folder, read alone, and what hostile ones do."""

import re
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

USER, PASSWORD = "crm@example.com", "a secret"


class _Talk(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        self._say("* OK ready")
        for line in self.rfile:
            tag, _, rest = line.decode().strip().partition(" ")
            command = rest.upper()
            self.server.heard.append(rest)
            if command.startswith("CAPABILITY"):
                self._say("* CAPABILITY IMAP4rev1", f"{tag} OK done")
            elif command.startswith("LOGIN"):
                right = USER in rest and PASSWORD in rest
                self._say(f"{tag} {'OK known' if right else 'NO no such user'}")
            elif command.startswith(("SELECT", "EXAMINE")):
                self._open(tag, rest)
            elif command.startswith("UID SEARCH"):
                self._search(tag, rest)
            elif command.startswith("UID FETCH"):
                self._fetch(tag, rest)
            elif command.startswith("LOGOUT"):
                self._say("* BYE", f"{tag} OK done")
                return
            else:
                self._say(f"{tag} BAD")

    def _open(self, tag: str, rest: str) -> None:
        if "INBOX" not in rest:
            return self._say(f"{tag} NO no such folder")
        validity = self.server.validity
        return self._say(f"* OK [UIDVALIDITY {validity}] valid", f"{tag} OK [READ-ONLY] opened")

    def _search(self, tag: str, rest: str) -> None:
        least = int(re.findall(r"(\d+):\*", rest)[0])
        mails = self.server.mails
        found = [uid for uid in mails if uid >= least] or sorted(mails)[-1:]  # as "*" means it
        self._say("* SEARCH " + " ".join(map(str, found)), f"{tag} OK done")

    def _fetch(self, tag: str, rest: str) -> None:
        uid = int(rest.split()[2])
        content = self.server.mails[uid]
        if "RFC822.SIZE" in rest:
            self._say(f"* 1 FETCH (UID {uid} RFC822.SIZE {len(content)})", f"{tag} OK done")
            return
        self._say(f"* 1 FETCH (UID {uid} BODY[] {{{len(content)}}}")
        self.wfile.write(content)
        self._say(")", f"{tag} OK done")

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


class Server(socketserver.ThreadingTCPServer):
    """UID → mail; `heard` are the commands."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.mails: dict[int, bytes] = {}
        self.validity = 7
        self.heard: list[str] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


@contextmanager
def serving() -> Iterator[Server]:
    """The server, while it answers."""
    with Server() as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
