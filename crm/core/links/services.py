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


def create(purpose: str, company_id: int, valid: timedelta) -> tuple[PublicLink, str]:
    """A new link and its token, which is told this once. Added to the session, not flushed."""
    token = secrets.token_urlsafe(32)
    link = PublicLink(
        token_hash=_hash(token),
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
    """The link of a token; None alike, and as quickly, for one unknown, ended or revoked."""
    link = db.session.scalars(
        select(PublicLink).where(PublicLink.token_hash == _hash(token))
    ).first()
    return link if link is not None and link.is_valid else None


def note_opening(link: PublicLink) -> None:
    """Note that it was opened, the first time."""
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


def _hash(token: str) -> str:
    """Of 32 random bytes: nothing can be tried that is worth a slower hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
