"""MAIL_IN_URL: the mailbox to which calendars send the answers of guests."""

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from crm.core.mail_url import HERE

PORTS = {"imap": 143, "imaps": 993}
FORM = "imaps://user:password@host/folder, imap://… for STARTTLS"


@dataclass(frozen=True)
class Mailbox:
    """Where mails are read. `tls` is "starttls", "tls", or "off" on the same host.

    `address` is the one that invitations name, so that calendars answer there.
    """

    host: str
    port: int
    tls: str
    user: str
    password: str
    folder: str
    address: str

    def __str__(self) -> str:
        return f"{self.host}:{self.port}/{self.folder}"  # never with the password


def parse_mail_in_url(url: str) -> Mailbox:
    """The mailbox that MAIL_IN_URL names. Raises ValueError with a sentence about what is wrong."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname or not parts.username:
        raise ValueError(f"MAIL_IN_URL must have the form {FORM}")
    try:
        port = parts.port or PORTS[parts.scheme]
    except ValueError:
        raise ValueError("MAIL_IN_URL has a port that is no number from 1 to 65535") from None
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    user = unquote(parts.username)
    address = asked.get("address", user)
    if "@" not in address:
        raise ValueError("MAIL_IN_URL names a user that is no address: add ?address=crm@host")
    tls = asked.get("tls", "off" if parts.hostname in HERE else "starttls")
    if tls not in ("off", "starttls"):
        raise ValueError("MAIL_IN_URL says ?tls=; it can be off or starttls")
    return Mailbox(
        host=parts.hostname,
        port=port,
        tls="tls" if parts.scheme == "imaps" else tls,
        user=user,
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.lstrip("/")) or "INBOX",
        address=address.lower(),
    )
