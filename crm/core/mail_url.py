"""MAIL_URL: the mail server that takes what leaves."""

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

PORTS = {"smtp": 587, "smtps": 465}
HERE = ("localhost", "127.0.0.1", "::1")
FORM = "smtp://user:password@host:587, smtps://… for TLS from the first byte"


@dataclass(frozen=True)
class MailServer:
    """Where mails are handed in. `tls` is "starttls", "tls", or "off" on the same host.

    `sender` is the address of the From header where a mail has no other.
    """

    host: str
    port: int
    tls: str
    user: str = ""
    password: str = ""
    sender: str = ""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"  # never with the password


def parse_mail_url(url: str) -> MailServer:
    """The server that MAIL_URL names. Raises ValueError with a sentence about what is wrong."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError(f"MAIL_URL must have the form {FORM}")
    try:
        port = parts.port or PORTS[parts.scheme]
    except ValueError:
        raise ValueError("MAIL_URL has a port that is no number from 1 to 65535") from None
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    user = unquote(parts.username or "")
    tls = asked.get("tls", "off" if parts.hostname in HERE else "starttls")
    if tls not in ("off", "starttls"):
        raise ValueError("MAIL_URL says ?tls=; it can be off or starttls")
    return MailServer(
        host=parts.hostname,
        port=port,
        tls="tls" if parts.scheme == "smtps" else tls,
        user=user,
        password=unquote(parts.password or ""),
        sender=asked.get("from", user if "@" in user else ""),
    )
