"""Creating, finding, opening, revoking and deleting public links."""

import hashlib
import secrets
from datetime import timedelta

from blinker import Signal
from flask import current_app
from sqlalchemy import delete, select

from crm.core.config import Config
from crm.core.db import db, transaction
from crm.core.jobs import nightly
from crm.core.links.models import PublicLink
from crm.core.types import utcnow

# Sent within the transaction that notes it, with the link as sender.
first_opened = Signal("a public link was opened for the first time")

# How long after its end a link is kept, for the page that tells when it was opened.
KEPT = timedelta(days=365)


def new_token() -> str:
    """A token that nobody can guess, for a link whose address is written before it exists."""
    return secrets.token_urlsafe(32)


def create(
    purpose: str, company_id: int, valid: timedelta, token: str = ""
) -> tuple[PublicLink, str]:
    """A new link and its token, which is not stored. The link is added to the session, not flushed.

    `purpose` is the name of a Purpose; it ends after `valid`. `token` is one of `new_token`.
    """
    token = token or new_token()
    link = PublicLink(
        token_hash=hash_token(token),
        purpose=purpose,
        company_id=company_id,
        expires_at=utcnow() + valid,
    )
    db.session.add(link)
    return link, token


def address_of(token: str) -> str:
    """The address under which people open the link."""
    config: Config = current_app.extensions["crm.config"]
    return f"{config.public_url}/p/{token}"


def find(token: str) -> PublicLink | None:
    """The link of a token; None for one that is unknown, ended or revoked, in the same time."""
    link = find_any(token)
    return link if link is not None and link.is_valid else None


def find_any(token: str) -> PublicLink | None:
    """The link of a token, valid or not."""
    of_it = select(PublicLink).where(PublicLink.token_hash == hash_token(token))
    return db.session.scalars(of_it).first()


def note_opening(link: PublicLink) -> None:
    """Note in a transaction of its own when it was opened first."""
    if link.first_opened_at is not None:
        return
    with transaction():
        link.first_opened_at = utcnow()
        first_opened.send(link)


def revoke(link: PublicLink) -> None:
    """Let nobody open it any more."""
    link.revoked_at = link.revoked_at or utcnow()


@nightly("public links", hour=3)
def purge() -> int:
    """Delete the links that ended long ago. Returns their number."""
    ended = delete(PublicLink).where(PublicLink.expires_at < utcnow() - KEPT)
    with transaction() as session:
        return int(session.execute(ended).rowcount)  # type: ignore[attr-defined]  # of a DELETE


def hash_token(token: str) -> str:
    """SHA-256, in hex: 32 random bytes cannot be guessed, so that no slow hash is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
