"""What the guests of events were told. Source: spec 9.3."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import Contact
from crm.companies.columns import by_value
from crm.core.links.models import PublicLink
from crm.core.types import Instant
from crm.leads.models import Lead


class Told(StrEnum):
    """What somebody was told last."""

    INVITED = "invited"
    SKIPPED = "skipped"  # they should have been invited; the outbox says why they were not
    WITHDRAWN = "withdrawn"


OF = ("event", "series")  # guests of a series are told of it as a whole


def _of(table: str) -> Mapped[Any]:
    return mapped_column(ForeignKey(f"{table}.id", ondelete="CASCADE"))


def _person(table: str) -> Mapped[Any]:
    return mapped_column(ForeignKey(f"{table}.id", ondelete="SET NULL"), index=True)


class Invitation(Model):
    """What one address was told of an event or of a series, and the link by which it answers.

    `key` is the address; of a guest who has none it says who they are, such as "contact:12".
    """

    __tablename__ = "event_invitation"
    __table_args__ = (
        *(Index(f"uq_event_invitation_{one}", f"{one}_id", "key", unique=True) for one in OF),
        CheckConstraint("event_id IS NOT NULL OR series_id IS NOT NULL", name="of_one"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int | None] = _of("event")
    series_id: Mapped[int | None] = _of("event_series")
    key: Mapped[str] = mapped_column(String(254))
    # Who it is, for the mail to somebody who is a guest no more.
    user_id: Mapped[int | None] = _person("ab_user")
    contact_id: Mapped[int | None] = _person("contact")
    lead_id: Mapped[int | None] = _person("lead")
    told: Mapped[Told] = mapped_column(by_value(Told))
    # What was told: a hash of when and where, until when it mattered, and its SEQUENCE.
    facts: Mapped[str] = mapped_column(String(64))
    ends_at: Mapped[datetime] = mapped_column(Instant)
    sequence: Mapped[int] = mapped_column(default=0, server_default="0")
    times: Mapped[int] = mapped_column(default=0, server_default="0")
    link_id: Mapped[int | None] = mapped_column(
        ForeignKey("public_link.id", ondelete="SET NULL"), unique=True
    )
    # The address of the link, the same in every mail.
    url: Mapped[str] = mapped_column(String(255), default="", server_default="")

    user: Mapped[User | None] = relationship()
    contact: Mapped[Contact | None] = relationship()
    lead: Mapped[Lead | None] = relationship()
    link: Mapped[PublicLink | None] = relationship()


class ReplyMailbox(Model):
    """How far a mailbox was read: `uid` is the highest one (RFC 3501), while `validity` lasts."""

    __tablename__ = "reply_mailbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(255), unique=True)  # host, port and folder
    validity: Mapped[int] = mapped_column(BigInteger)
    uid: Mapped[int] = mapped_column(BigInteger)


class GuestCheck(Model):
    """An event or a series whose guests may have to be told something, once it has rested."""

    __tablename__ = "event_guest_check"
    __table_args__ = (
        Index("ix_event_guest_check_due_at", "due_at"),
        *(Index(f"uq_event_guest_check_{one}", f"{one}_id", unique=True) for one in OF),
        CheckConstraint("event_id IS NOT NULL OR series_id IS NOT NULL", name="of_one"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int | None] = _of("event")
    series_id: Mapped[int | None] = _of("event_series")
    due_at: Mapped[datetime] = mapped_column(Instant)
    # Who changed it chose to tell nobody of it; new guests are invited all the same.
    is_quiet: Mapped[bool] = mapped_column(default=False, server_default="0")
    note: Mapped[str] = mapped_column(Text, default="", server_default="")  # to the guests
