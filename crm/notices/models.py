"""The table of notices, and what each person wants to be told."""

from datetime import datetime
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.core.models.tables import Personal
from crm.core.types import Instant, utcnow

UNREAD, READ = text("read_at IS NULL"), text("read_at IS NOT NULL")
# The tables of what notices are about, each with a foreign key of its own, which is emptied when
# the record is purged.
ABOUT = ("lead", "account", "contact", "opportunity", "quote", "event", "message")


def _about(table: str) -> Any:
    return mapped_column(ForeignKey(f"{table}.id", ondelete="SET NULL"))


class Notice(Personal):
    """Something that one person is told once.

    No text is stored: the sentence is made for its reader, from the record as they may see it and
    from `args`. `number` records are told of at once; one that is told of alone is linked.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("user_id", "cause"),
        Index("ix_notice_unread", "user_id", "id", sqlite_where=UNREAD, postgresql_where=UNREAD),
        Index("ix_notice_of_user", "user_id", "id"),
        Index(
            "ix_notice_to_mail",
            "id",
            sqlite_where=text("to_mail = 1"),
            postgresql_where=text("to_mail"),
        ),
        Index("ix_notice_read", "read_at", sqlite_where=READ, postgresql_where=READ),
        *(
            Index(
                f"ix_notice_{name}",
                f"{name}_id",
                sqlite_where=text(f"{name}_id IS NOT NULL"),
                postgresql_where=text(f"{name}_id IS NOT NULL"),
            )
            for name in ABOUT
        ),
    )

    company_id: Mapped[int | None] = mapped_column(
        ForeignKey("company.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[str] = mapped_column(String(20))  # a key of `kinds.KINDS`
    subject: Mapped[str] = mapped_column(String(20), default="", server_default="")
    lead_id: Mapped[int | None] = _about("lead")
    account_id: Mapped[int | None] = _about("account")
    contact_id: Mapped[int | None] = _about("contact")
    opportunity_id: Mapped[int | None] = _about("opportunity")
    quote_id: Mapped[int | None] = _about("quote")
    event_id: Mapped[int | None] = _about("event")
    message_id: Mapped[int | None] = _about("message")
    number: Mapped[int] = mapped_column(default=1, server_default="1")
    args: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    actor_id: Mapped[int | None] = mapped_column(
        ForeignKey("ab_user.id", ondelete="SET NULL"), index=True
    )
    cause: Mapped[str] = mapped_column(String(80))  # nobody is told twice of the same one
    created_at: Mapped[datetime] = mapped_column(Instant, default=utcnow)
    read_at: Mapped[datetime | None] = mapped_column(Instant)
    in_page: Mapped[bool] = mapped_column(default=True, server_default="1")
    to_mail: Mapped[bool] = mapped_column(default=False, server_default="0")  # and not queued yet

    actor: Mapped[User | None] = relationship(User, foreign_keys=[actor_id], viewonly=True)


class NoticeChoice(Personal):
    """What a person chose of one kind of notices; without a row they are told in the page."""

    __tablename__ = "notice_choice"
    __table_args__ = (UniqueConstraint("user_id", "kind"),)

    kind: Mapped[str] = mapped_column(String(20))
    in_page: Mapped[bool] = mapped_column(default=True, server_default="1")
    by_mail: Mapped[bool] = mapped_column(default=False, server_default="0")
