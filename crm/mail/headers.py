"""Text that becomes a header of a mail: on one line."""

import re
import secrets

# Whatever ends a line for some mail program (RFC 5322, Unicode), and the other control characters.
BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def one_line(text: str, longest: int) -> str:
    """`text` on one line of at most `longest` characters."""
    return BREAKS.sub(" ", text).strip()[:longest]


def new_message_id(domain: str) -> str:
    """A Message-ID (RFC 5322, 3.6.4) without its brackets, which nobody can guess."""
    return f"{secrets.token_hex(16)}@{domain}"
