"""What becomes a header of a mail: text on one line, addresses in ASCII."""

import re
import secrets

from email_validator import validate_email

# Whatever ends a line for some mail program (RFC 5322, Unicode), and the other control characters.
BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def one_line(text: str, longest: int) -> str:
    """`text` on one line of at most `longest` characters."""
    return BREAKS.sub(" ", text).strip()[:longest]


def ascii_address(text: str) -> str:
    """The address, a domain in another alphabet as ASCII. Raises ValueError.

    By the rules in force (IDNA 2008): Python's own codec makes straße.de strasse.de, which is
    another domain. What stands before the "@" has no form in ASCII (RFC 6531).
    """
    if text.isascii():
        return text
    found = validate_email(
        text, check_deliverability=False, test_environment=True, allow_smtputf8=False
    )
    return str(found.ascii_email)


def is_deliverable(address: str) -> bool:
    """Whether the address has a form in ASCII, the only one that every mail server takes."""
    try:
        return bool(ascii_address(address))
    except ValueError:
        return False


def new_message_id(domain: str) -> str:
    """A Message-ID (RFC 5322, 3.6.4) without its brackets, which nobody can guess."""
    return f"{secrets.token_hex(16)}@{domain}"
