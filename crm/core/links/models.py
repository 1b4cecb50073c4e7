"""The table of public links."""

from datetime import datetime

from flask_appbuilder import Model
from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.models.tables import acting_user_id
from crm.core.types import Instant, utcnow


class PublicLink(Model):
    """A link that opens one thing to whoever holds it, for a time.

    What it opens is a row that has a foreign key to the link, in a table of its purpose. Only a
    hash of the token is stored: neither a backup nor an administrator has the links.
    """

    __tablename__ = "public_link"
    __table_args__ = (Index("ix_public_link_expires_at", "expires_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256, in hex
    purpose: Mapped[str] = mapped_column(String(20))  # the name of a Purpose
    # Whose name and logo its page has.
    company_id: Mapped[int] = mapped_column(
        ForeignKey("company.id", ondelete="CASCADE"), index=True
    )
    created_on: Mapped[datetime] = mapped_column(Instant, default=utcnow)
    created_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("ab_user.id"), default=acting_user_id
    )
    expires_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    first_opened_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def is_valid(self) -> bool:
        return self.revoked_at is None and utcnow() < self.expires_at
