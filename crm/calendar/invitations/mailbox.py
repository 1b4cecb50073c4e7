"""Reads the mailbox of MAIL_IN_URL: each mail once, without marking it as read.

What was read is remembered by its UID (RFC 3501): the highest one, as long as the mailbox says
that its UIDs mean the same mails (UIDVALIDITY).
"""

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from crm.calendar.invitations.replies import LARGEST
from crm.core.mail_in_url import Mailbox

TIMEOUT = 20  # seconds for each answer of the server
AT_ONCE = 100  # mails of one run; the others have their turn a minute later
SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


class MailboxError(Exception):
    """The mailbox cannot be read; the message says why, without the password."""


@contextmanager
def opened(box: Mailbox) -> Iterator[imaplib.IMAP4]:
    """The folder, opened for reading alone. Raises MailboxError."""
    context = ssl.create_default_context()
    try:
        if box.tls == "tls":
            host: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                box.host, box.port, ssl_context=context, timeout=TIMEOUT
            )
        else:
            host = imaplib.IMAP4(box.host, box.port, timeout=TIMEOUT)
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxError(_words(error)) from error
    try:
        if box.tls == "starttls":
            host.starttls(context)
        host.login(box.user, box.password)
        status, _answer = host.select(_quoted(box.folder), readonly=True)
        if status != "OK":
            raise MailboxError(f"there is no folder {box.folder}")
        yield host
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxError(_words(error)) from error
    finally:
        _leave(host)


def validity(host: imaplib.IMAP4) -> int:
    """The UIDVALIDITY of the folder."""
    _status, found = host.response("UIDVALIDITY")
    text = found[0] if found and isinstance(found[0], bytes) else b"0"
    return int(text) if text.isdigit() else 0


def uids_after(host: imaplib.IMAP4, uid: int) -> list[int]:
    """The UIDs above `uid`, the lowest ones first, at most AT_ONCE."""
    _status, found = host.uid("SEARCH", f"UID {uid + 1}:*")
    words = b" ".join(one for one in found if isinstance(one, bytes)).split()
    # "n:*" names the last mail even where its UID is lower.
    return sorted(n for n in (int(w) for w in words if w.isdigit()) if n > uid)[:AT_ONCE]


def content_of(host: imaplib.IMAP4, uid: int) -> bytes:
    """A mail as it is stored; empty for one that is gone or larger than what is read."""
    _status, found = host.uid("FETCH", str(uid), "(RFC822.SIZE)")
    size = SIZE.search(b" ".join(one for one in found if isinstance(one, bytes)))
    if size is None or int(size[1]) > LARGEST:
        return b""
    _status, found = host.uid("FETCH", str(uid), "(BODY.PEEK[])")
    parts = (one[1] for one in found if isinstance(one, tuple))
    return next((part for part in parts if isinstance(part, bytes)), b"")


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _words(error: Exception) -> str:
    text = error.args[0] if error.args else str(error)
    return text.decode(errors="replace") if isinstance(text, bytes) else str(error)


def _leave(host: imaplib.IMAP4) -> None:
    with suppress(OSError, imaplib.IMAP4.error):
        host.logout()
