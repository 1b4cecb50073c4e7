"""Calendar feeds: secret addresses at which a person's calendar programs read. Source: spec 9.3."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.companies.columns import by_value
from crm.core.models.tables import Personal
from crm.core.types import Instant, utcnow


class FeedKind(StrEnum):
    """Whose events a feed has."""

    MINE = "mine"
    TEAM = "team"


class CalendarFeed(Personal):
    """The address of one person's feed of a kind; a revoked one has no row any more.

    Only a hash of its token is stored: neither a backup nor an administrator has the address.
    `tag` says what was answered last, and `changed_at` when that was answered first.
    """

    __tablename__ = "calendar_feed"
    __table_args__ = (UniqueConstraint("user_id", "kind"),)

    kind: Mapped[FeedKind] = mapped_column(by_value(FeedKind))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256, in hex
    created_at: Mapped[datetime] = mapped_column(Instant, default=utcnow)
    last_fetched_at: Mapped[datetime | None] = mapped_column(Instant)
    last_client: Mapped[str | None] = mapped_column(String(60))
    tag: Mapped[str | None] = mapped_column(String(64))
    changed_at: Mapped[datetime | None] = mapped_column(Instant)
