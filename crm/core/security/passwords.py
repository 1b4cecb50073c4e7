"""Passwords: strength, hashing, generation."""

import re
import secrets
from functools import lru_cache
from importlib.resources import files

from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.security import check_password_hash, generate_password_hash

from crm.core.errors import DomainError
from crm.core.types import fold

SHORTEST = 12
LONGEST = 200  # scrypt takes any length; a megabyte is an attack
# No vowels, so no words; no characters that are read wrongly from a screen.
READABLE = "bcdfghjkmnpqrstvwxz23456789"
# A hash of no password, checked for unknown or inactive names, to take the same time.
NOBODY = (
    "scrypt:32768:8:1$4CJgtWhGUiyqnRPg$a6d93d536b8156593829f066593beb585ecb9a2d9c4aafcd8450e64ae"
    "812ad5efbc4612211f7b7c567c5f2bac1a5070eb93f0f207fa24da759e1313f224f2090"
)
# How people disguise a word: p4ssw0rd.
DISGUISES = str.maketrans("013457@$!", "oieastasi")


def hash_password(password: str) -> str:
    return generate_password_hash(password)


def verify_password(kept: str | None, password: str) -> bool:
    """Whether `password` matches the hash `kept`; takes as long where that is None.

    An empty or NUL-only password hashes like an unset one and is never right.
    """
    right = check_password_hash(kept or NOBODY, password)
    return right and bool(kept) and bool(password.strip("\0"))


def generate_password() -> str:
    """A random password that can be read out over the phone: 95 bits."""
    return "-".join("".join(secrets.choice(READABLE) for _ in range(5)) for _ in range(4))


def check_password(password: str, *names: str) -> None:
    """Refuse a password that is short, common or made of the person's own names.

    Raises DomainError on the field `password`. Source: NIST SP 800-63B, 5.1.1.2: length and a list
    of known passwords, no rules about kinds of characters.
    """
    if len(password) < SHORTEST:
        raise DomainError(
            ngettext(
                "Enter at least %(num)s character.", "Enter at least %(num)s characters.", SHORTEST
            ),
            field="password",
        )
    if len(password) > LONGEST:
        raise DomainError(
            ngettext(
                "Enter at most %(num)s character.", "Enter at most %(num)s characters.", LONGEST
            ),
            field="password",
        )
    if any(name and fold(name) in fold(password) for name in names if len(name) > 2):
        raise DomainError(
            _("The password must not contain the username or the e-mail address."), field="password"
        )
    if _is_common(password):
        raise DomainError(
            _("This password is too easy to guess; choose another one."), field="password"
        )


def _is_common(password: str) -> bool:
    """Whether it is a common password, or one repeated, numbered or with letters replaced."""
    plain = fold(password)
    if plain.isdecimal() or len(set(plain)) < 5 or plain in _RUNS or plain[::-1] in _RUNS:
        return True
    word = re.sub(r"^[^a-z]+|[^a-z]+$", "", plain)
    forms = (plain, word, plain.translate(DISGUISES), word.translate(DISGUISES))
    return any(_base(form) in _known() for form in forms)


class _Runs:
    """Rows of keyboards and the alphabet: any stretch of one counts as a common password."""

    lines = (
        "abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm",
        "azertyuiopqsdfghjklmwxcvbn", "1q2w3e4r5t6y7u8i9o0p", "1a2z3e4r5t6y7u8i9o0p",
    )  # fmt: skip

    def __contains__(self, text: object) -> bool:
        return any(str(text) in line * 2 for line in self.lines)


_RUNS = _Runs()


def _base(text: str) -> str:
    """The word that a password is made from: letters only, without repetition."""
    letters = re.sub(r"[^a-z]", "", text)
    repeated = re.fullmatch(r"(.+?)\1+", letters)
    return repeated[1] if repeated else letters


@lru_cache
def _known() -> frozenset[str]:
    text = files(__package__).joinpath("common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))
