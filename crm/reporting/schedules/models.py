"""The tables of reports by e-mail."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import (
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.companies.columns import by_value
from crm.core.models import Personal
from crm.core.saved.models import NAME, SavedView
from crm.core.types import Instant, utcnow
from crm.reporting.schedules.rhythm import Every, Rhythm

LONGEST_DETAIL = 300


class Outcome(StrEnum):
    """What became of the last sending to somebody."""

    QUEUED = "queued"  # from then on the outbox says
    EMPTY = "empty"
    DELETED = "deleted"
    UNREADABLE = "unreadable"
    UNREADABLE_TO_ME = "unreadable_to_me"  # to who made the schedule
    AUTHOR_INACTIVE = "author_inactive"  # of the report
    OWNER_INACTIVE = "owner_inactive"  # of the schedule
    INACTIVE = "inactive"
    NO_COMPANY = "no_company"
    OUT_OF_REACH = "out_of_reach"
    FAILED = "failed"


class ReportSchedule(Personal):
    """A saved report by e-mail: of its owner, and read by those whom it is sent to.

    `zone` is the time zone that `due_at` was computed in; `last_on` the last day, there, that was
    sent. Where the report is deleted for good, the schedule stays and says so by its `name`.
    """

    __tablename__ = "report_schedule"
    __table_args__ = (
        Index("ix_report_schedule_user_id", "user_id"),
        Index("ix_report_schedule_saved_view_id", "saved_view_id"),
        Index("ix_report_schedule_due_at", "due_at"),
    )

    saved_view_id: Mapped[int | None] = mapped_column(
        ForeignKey("saved_view.id", ondelete="SET NULL")
    )
    name: Mapped[str] = mapped_column(String(NAME))
    every: Mapped[Every] = mapped_column(by_value(Every))
    day: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    at: Mapped[str] = mapped_column(String(5))
    only_rows: Mapped[bool] = mapped_column(default=False, server_default="0")
    with_csv: Mapped[bool] = mapped_column(default=False, server_default="0")
    zone: Mapped[str] = mapped_column(String(64))
    due_at: Mapped[datetime | None] = mapped_column(Instant)  # None while it is paused
    last_on: Mapped[date | None] = mapped_column(Date)
    row_version: Mapped[int] = mapped_column(default=1, server_default="1")
    changed_at: Mapped[datetime] = mapped_column(Instant, default=utcnow)
    deleted_at: Mapped[datetime | None] = mapped_column(Instant)

    user: Mapped[User] = relationship(User, viewonly=True, foreign_keys="ReportSchedule.user_id")
    # Checked by the service: it must be one that the actor reads.
    saved_view: Mapped[SavedView | None] = relationship(SavedView, viewonly=True)
    recipients: Mapped[list["ReportRecipient"]] = relationship(
        back_populates="schedule",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="ReportRecipient.id",
    )

    __mapper_args__: ClassVar[dict[str, Any]] = {"version_id_col": row_version}

    @property
    def rhythm(self) -> Rhythm:
        return Rhythm(self.every, self.day, self.at)

    @property
    def is_paused(self) -> bool:
        return self.due_at is None

    @classmethod
    def readable(cls, user_id: int) -> ColumnElement[bool]:
        to = ReportRecipient.__table__.c
        mine = select(to.schedule_id).where(to.user_id == user_id)
        return or_(cls.user_id == user_id, cls.id.in_(mine))

    @classmethod
    def changeable(cls, user_id: int) -> ColumnElement[bool]:
        return cls.user_id == user_id


class ReportRecipient(Personal):
    """Somebody whom a schedule sends to, and what became of the last sending.

    Read by themselves, and by the owner of the schedule.
    """

    __tablename__ = "report_recipient"
    __table_args__ = (
        UniqueConstraint("schedule_id", "user_id"),
        Index("ix_report_recipient_user_id", "user_id"),
        Index("ix_report_recipient_message_id", "message_id"),
    )

    schedule_id: Mapped[int] = mapped_column(ForeignKey("report_schedule.id", ondelete="CASCADE"))
    unsubscribed_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome: Mapped[Outcome | None] = mapped_column(by_value(Outcome))
    detail: Mapped[str] = mapped_column(String(LONGEST_DETAIL), default="", server_default="")
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id", ondelete="SET NULL"))

    schedule: Mapped[ReportSchedule] = relationship(back_populates="recipients")
    user: Mapped[User] = relationship(User, viewonly=True, foreign_keys="ReportRecipient.user_id")

    @classmethod
    def readable(cls, user_id: int) -> ColumnElement[bool]:
        schedules = ReportSchedule.__table__.c
        mine = select(schedules.id).where(schedules.user_id == user_id)
        return or_(cls.user_id == user_id, cls.schedule_id.in_(mine))
