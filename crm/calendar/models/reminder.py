"""Reminders of an event: when, to whom and how, and what became of them. Source: spec 9.5."""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    and_,
    inspect,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.calendar.models.event import Event
from crm.calendar.models.reminder_words import (
    CHANNELS,
    REASONS,
    RECIPIENTS,
    STATUSES,
    UNITS,
    ReminderChannel,
    ReminderMode,
    ReminderReason,
    ReminderStatus,
    ReminderUnit,
    ReminderWhom,
)
from crm.companies.columns import by_value
from crm.core.errors import DomainError
from crm.core.models import Child, Personal, field
from crm.core.models.checks import is_changed
from crm.core.models.tables import acting_user_id
from crm.core.types import Instant, utcnow

# What the worker looks for is as short as what is still to be sent, or waits for the mail server.
DUE = text("status = 'waiting' AND queued_at IS NULL")
QUEUED = text("status = 'waiting' AND queued_at IS NOT NULL")
LONGEST_DETAIL = 500
# As text in the statement, by which SQLite finds these indexes.
WAITS = literal(ReminderStatus.WAITING.value, literal_execute=True)


class EventReminder(Child, Personal):
    """A reminder of `user`, who made it; only they read it.

    One for everyone invited is read by the owner of the event too. `due_at` follows the event;
    `queued_at` says since when its mails are in the outbox, whose outcome the status waits for.
    """

    __tablename__ = "event_reminder"
    __parent__: ClassVar[str] = "event"
    __table_args__ = (
        Index("ix_event_reminder_due", "due_at", sqlite_where=DUE, postgresql_where=DUE),
        Index(
            "ix_event_reminder_queued", "queued_at", sqlite_where=QUEUED, postgresql_where=QUEUED
        ),
    )

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("ab_user.id", ondelete="CASCADE"), default=acting_user_id, index=True
    )
    mode: Mapped[ReminderMode] = field(
        _l("When"),
        by_value(ReminderMode),
        choices={
            ReminderMode.BEFORE: _l("Before the start"),
            ReminderMode.AT: _l("At a date"),
        },
        default=ReminderMode.BEFORE,
        server_default=ReminderMode.BEFORE,
        nullable=False,
        required=True,
    )
    amount: Mapped[int | None] = field(_l("Duration"), minimum=0, maximum=999, default=1)
    unit: Mapped[ReminderUnit] = field(
        _l("Unit"),
        by_value(ReminderUnit),
        choices=UNITS,
        default=ReminderUnit.DAYS,
        server_default=ReminderUnit.DAYS,
        nullable=False,
        required=True,
    )
    at: Mapped[datetime | None] = field(lazy_pgettext("reminder", "Date"), Instant)
    recipients: Mapped[ReminderWhom] = field(
        _l("Recipients"),
        by_value(ReminderWhom),
        choices=RECIPIENTS,
        default=ReminderWhom.ME,
        server_default=ReminderWhom.ME,
        nullable=False,
        required=True,
    )
    channel: Mapped[ReminderChannel] = field(
        _l("Channel"),
        by_value(ReminderChannel),
        choices=CHANNELS,
        default=ReminderChannel.BOTH,
        server_default=ReminderChannel.BOTH,
        nullable=False,
        required=True,
    )
    status: Mapped[ReminderStatus] = field(
        _l("Status"),
        by_value(ReminderStatus),
        choices=STATUSES,
        default=ReminderStatus.WAITING,
        server_default=ReminderStatus.WAITING,
        nullable=False,
        readonly=True,
    )
    reason: Mapped[ReminderReason | None] = field(
        _l("Reason"), by_value(ReminderReason), choices=REASONS, readonly=True
    )
    detail: Mapped[str | None] = field(_l("Details"), String(LONGEST_DETAIL), readonly=True)
    due_at: Mapped[datetime | None] = field(_l("Due on"), Instant, readonly=True)
    status_at: Mapped[datetime | None] = field(_l("Status since"), Instant, readonly=True)
    queued_at: Mapped[datetime | None] = mapped_column(Instant)
    # [name, SkipReason] of each recipient who gets no mail.
    skipped: Mapped[list[list[str]]] = mapped_column(JSON, default=list, server_default="[]")

    event: Mapped[Event] = relationship(back_populates="reminders")
    user: Mapped[User] = relationship(viewonly=True)

    def __str__(self) -> str:
        return str(STATUSES[self.status])

    @property
    def by_mail(self) -> bool:
        return self.channel != ReminderChannel.PAGE

    @property
    def in_page(self) -> bool:
        return self.channel != ReminderChannel.MAIL

    @classmethod
    def readable(cls, user_id: int) -> ColumnElement[bool]:
        """One's own, and those for everyone invited to one's events."""
        theirs = select(Event.id).where(Event.id == cls.event_id, Event.owner_id == user_id)
        return or_(
            cls.user_id == user_id,
            and_(
                cls.recipients == ReminderWhom.ALL,
                theirs.correlate_except(Event).scalar_subquery().is_not(None),
            ),
        )

    def due_for(self, event: Event) -> datetime | None:
        """When it is due.

        Days and weeks keep the hour of the event's time zone, also where clocks change between.
        """
        if self.mode == ReminderMode.AT:
            return self.at
        if self.amount is None:
            return None
        span = timedelta(**{self.unit.value: self.amount})
        if self.unit in (ReminderUnit.DAYS, ReminderUnit.WEEKS):
            return (event.starts_at.astimezone(event.zone) - span).astimezone(UTC)
        return event.starts_at - span

    def check(self) -> None:
        """Rules between fields. Source: spec 9.5."""
        wrong: dict[str, str] = {}
        if self.mode == ReminderMode.AT:
            self._check_date(wrong)
        elif "amount" in inspect(self).dict and self.amount is None:  # the default is a day
            wrong["amount"] = _("Say how long before the start.")
        if wrong:
            raise DomainError(fields=wrong)
        if self.mode == ReminderMode.AT:
            self.amount = None
        else:
            self.at = None

    def _check_date(self, wrong: dict[str, str]) -> None:
        """Only a date that is new must be in the future; that of an old one has passed."""
        if self.at is None:
            wrong["at"] = _("Choose when to be reminded.")
        elif self._is_new_date() and self.at <= utcnow():
            wrong["at"] = _("This date is in the past.")
        elif self._is_new_date() and self.event is not None and self.at >= self.event.over_at:
            wrong["at"] = _("Choose a date before the start.")

    def _is_new_date(self) -> bool:
        state: Any = inspect(self)
        return not state.has_identity or is_changed(state, "at")
