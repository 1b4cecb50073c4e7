"""Events. Source: spec 9.2."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar
from uuid import uuid4
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, String, Text, or_, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import Account, Contact
from crm.calendar.models.category import EventCategory
from crm.calendar.models.series import EventSeries
from crm.calendar.models.words import (
    EVENT_TYPES,
    Availability,
    Direction,
    EventStatus,
    EventType,
    Priority,
    Visibility,
)
from crm.calendar.recurrence import rrule_text
from crm.companies.columns import by_value, flag, link, lists
from crm.core.actor import current_actor
from crm.core.errors import DomainError
from crm.core.models import Owned, Record, computed, field, folded, kinds, unique
from crm.core.privacy import takes_part
from crm.core.types import Instant
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from crm.quotes.models import Quote

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from crm.calendar.models.participant import Participant
    from crm.calendar.models.reminder import EventReminder

LIVE = "deleted_at IS NULL AND "
PRIVATE = LIVE + "visibility = 'private'"  # the rows of an index
# Those that last more than 31 days, by database; others are found by their start alone.
LONG = {
    "sqlite": "julianday(ends_at) - julianday(starts_at) > 31",
    "postgresql": "ends_at - starts_at > interval '31 days'",
}
# What an event may relate to, by the names of the relations.
RELATED = ("lead", "account", "contact", "opportunity", "quote")


def concerns_reader(model: type["Event"], _dialect: str) -> "ColumnElement[bool]":
    """The events that the reader is assigned to, or a guest of."""
    reader = current_actor()
    return or_(model.owner_id == reader.user_id, takes_part(model, reader))


class Event(Owned, Record):
    """A meeting, a call, a task or another event; its owner is the organiser."""

    __tablename__ = "event"
    __entity__: ClassVar[str] = "events"
    __participants__: ClassVar[str] = "participants"
    __private__: ClassVar[tuple[str, str]] = ("visibility", Visibility.PRIVATE)
    __table_args__ = (
        unique("uq_event_external_ref", "company_id", "external_ref"),
        unique("uq_event_uid", "uid", live=""),
        *lists(
            "event",
            "starts_at",
            "owner_id starts_at",
            "agency_id starts_at",
            "owner_id agency_id starts_at",
            "name_key",
            "type starts_at",
            "status starts_at",
            covers=("visibility",),
        ),
        # The private ones alone, whose times everybody sees.
        Index(
            "ix_event_private",
            "starts_at",
            "ends_at",
            "owner_id",
            sqlite_where=text(PRIVATE),
            postgresql_where=text(PRIVATE),
        ),
        Index(
            "ix_event_long",
            "ends_at",
            sqlite_where=text(LIVE + LONG["sqlite"]),
            postgresql_where=text(LIVE + LONG["postgresql"]),
        ),
    )

    type: Mapped[EventType] = field(
        _l("Type"),
        by_value(EventType),
        choices=EVENT_TYPES,
        default=EventType.MEETING,
        server_default=EventType.MEETING,
        required=True,
    )
    subject: Mapped[str] = field(_l("Subject"), String(200), search=True)
    name_key: Mapped[str] = folded("subject", 200)
    starts_at: Mapped[datetime] = field(_l("Start"), Instant, required=False)
    ends_at: Mapped[datetime] = field(_l("End"), Instant, required=False)
    all_day: Mapped[bool] = flag(_l("All day"))
    time_zone: Mapped[str] = field(
        _l("Time zone"), String(64), kind=kinds.TIME_ZONE, required=False
    )
    status: Mapped[EventStatus] = field(
        _l("Status"),
        by_value(EventStatus),
        choices={
            EventStatus.PLANNED: _l("Planned"),
            EventStatus.DONE: _l("Done"),
            EventStatus.CANCELLED: _l("Cancelled"),
        },
        default=EventStatus.PLANNED,
        server_default=EventStatus.PLANNED,
        required=True,
    )
    outcome: Mapped[str | None] = field(_l("Outcome"), Text)
    call_direction: Mapped[Direction | None] = field(
        _l("Direction"),
        by_value(Direction),
        choices={Direction.INBOUND: _l("Inbound"), Direction.OUTBOUND: _l("Outbound")},
        help=_l("Calls only."),
    )
    priority: Mapped[Priority | None] = field(
        _l("Priority"),
        by_value(Priority),
        choices={
            Priority.LOW: _l("Low"),
            Priority.NORMAL: _l("Normal"),
            Priority.HIGH: _l("High"),
            Priority.URGENT: _l("Urgent"),
        },
        help=_l("Tasks only."),
    )
    category_id: Mapped[int | None] = link(_l("Category"), "event_category.id")
    lead_id: Mapped[int | None] = link(_l("Lead"), "lead.id")
    account_id: Mapped[int | None] = link(
        _l("Client / Prospect"), "account.id", search=True, css="w-org"
    )
    contact_id: Mapped[int | None] = link(_l("Contact"), "contact.id")
    opportunity_id: Mapped[int | None] = link(_l("Opportunity"), "opportunity.id")
    quote_id: Mapped[int | None] = link(_l("Quote"), "quote.id")
    location: Mapped[str | None] = field(_l("Place"), String(255))
    video_url: Mapped[str | None] = field(_l("Video link"), String(255), kind=kinds.URL)
    description: Mapped[str | None] = field(_l("Description"), Text, kind=kinds.RICH_TEXT)
    visibility: Mapped[Visibility] = field(
        _l("Visibility"),
        by_value(Visibility),
        choices={Visibility.PUBLIC: _l("Public"), Visibility.PRIVATE: _l("Private")},
        help=_l("Private: only the person assigned and the guests see more than the time."),
        default=Visibility.PUBLIC,
        server_default=Visibility.PUBLIC,
        nullable=False,
        required=True,
    )
    availability: Mapped[Availability] = field(
        _l("Show as"),
        by_value(Availability),
        choices={Availability.BUSY: _l("Busy"), Availability.FREE: _l("Available")},
        default=Availability.BUSY,
        server_default=Availability.BUSY,
        nullable=False,
        required=True,
    )
    # What calendars know the event by, and how often its guests were told of a change (RFC 5545,
    # UID and SEQUENCE).
    uid: Mapped[str] = mapped_column(
        String(36), default=lambda: uuid4().hex, server_default="", nullable=False
    )
    sequence: Mapped[int] = mapped_column(default=0, server_default="0", nullable=False)
    series_id: Mapped[int | None] = mapped_column(ForeignKey("event_series.id"), index=True)
    # Where the rule of its series puts it, whenever it takes place itself (RECURRENCE-ID).
    original_start: Mapped[datetime | None] = mapped_column(Instant)
    # The fields that were changed on this event alone, by their names.
    changed_apart: Mapped[str] = mapped_column(Text, default="", server_default="", nullable=False)

    category: Mapped[EventCategory | None] = relationship()
    lead: Mapped[Lead | None] = relationship()
    account: Mapped[Account | None] = relationship()
    contact: Mapped[Contact | None] = relationship()
    opportunity: Mapped[Opportunity | None] = relationship()
    quote: Mapped[Quote | None] = relationship()
    series: Mapped[EventSeries | None] = relationship()
    participants: Mapped[list["Participant"]] = relationship(
        back_populates="event",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="Participant.id",
        info={"label": _l("Guests")},
    )
    # Each is its maker's own, so that the journal of the event, which others read, leaves them out.
    reminders: Mapped[list["EventReminder"]] = relationship(
        back_populates="event",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by="EventReminder.id",
        info={"label": _l("Reminders"), "unjournaled": True},
    )

    @computed(_l("I take part"), kinds.BOOLEAN, concerns_reader)
    def concerns_me(self) -> bool:
        """Whether the reader is the person assigned, or a guest."""
        reader = current_actor().user_id
        return self.owner_id == reader or any(one.user_id == reader for one in self.participants)

    def __str__(self) -> str:
        return self.subject

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of this event."""
        return ZoneInfo(self.time_zone or "UTC")

    @computed(_l("Due date"), kinds.DATE)
    def due_on(self) -> date | None:
        """The day of a task."""
        return self.first_day if self.type == EventType.TASK else None

    @computed(
        _l("Recurrence"),
        help=_l("The rule of its series as calendars write it (RFC 5545, RRULE)."),
    )
    def recurrence(self) -> str | None:
        """Counted from the first place of the series; None of an event that does not repeat."""
        series = self.series
        if series is None:
            return None
        return rrule_text(series.rule, series.starts_at, series.zone, all_day=self.all_day)

    @property
    def apart(self) -> frozenset[str]:
        """The fields that later changes of its series leave alone."""
        return frozenset(self.changed_apart.split())

    @apart.setter
    def apart(self, names: Collection[str]) -> None:
        self.changed_apart = " ".join(sorted(names))

    @property
    def first_day(self) -> date:
        """The day on which it starts, in its own time zone."""
        return self.starts_at.astimezone(self.zone).date()

    @property
    def last_day(self) -> date:
        """The last day of an event, included, in its own time zone."""
        return (self.ends_at - timedelta(microseconds=1)).astimezone(self.zone).date()

    @property
    def over_at(self) -> datetime:
        """Until when it is still to come: its start, of days their end."""
        return self.ends_at if self.all_day else self.starts_at

    def _is_of_converted(self) -> bool:
        """Whether its lead has become its account: it stands on both (spec 4.4)."""
        return bool(self.lead and self.account and self.lead.account_id == self.account.id)

    def check(self) -> None:
        """Rules between fields. Source: spec 9.1 and 9.2."""
        wrong: dict[str, str] = {}
        if None not in (self.starts_at, self.ends_at) and self.ends_at <= self.starts_at:
            wrong["ends_at"] = _("The end must come after the start.")
        if self.category is not None and self.category.type != self.type:
            wrong["category"] = _("This category is for another type of event.")
        if self.lead is not None and self.account is not None and not self._is_of_converted():
            wrong["account"] = _("Choose a lead or an account, not both.")
        if wrong:
            raise DomainError(fields=wrong)
        if self.type != EventType.CALL:
            self.call_direction = None
        if self.type != EventType.TASK:
            self.priority = None
