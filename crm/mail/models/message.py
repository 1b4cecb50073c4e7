"""A message: one e-mail to one recipient, from its cause to the mail server's answer."""

from datetime import datetime
from typing import Any, ClassVar

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.companies.columns import by_value, flag, link, listed
from crm.core.errors import DomainError
from crm.core.models import Record, computed, field, kinds, unique
from crm.core.types import Instant
from crm.mail.headers import BREAKS
from crm.mail.models.parts import MessageAttachment, MessageAttempt, UnsubscribeLink
from crm.mail.models.words import (
    KINDS,
    REASONS,
    STATES,
    Copy,
    Direction,
    MessageKind,
    MessageState,
    SkipReason,
)

# The records that a message may be about, by the names of the relations.
RELATED = ("lead", "account", "contact", "opportunity", "quote", "event", "catalog")
# Whoever reads one of these reads the message; a catalogue is what was sent, not to whom.
READ_WITH = RELATED[:-1]
# The record that a line of the list names: the most telling one.
TELLING = ("quote", "event", "catalog", "opportunity", "lead", "account", "contact")
UNJOURNALED = {"unjournaled": True}  # long, or changed by the worker alone


def _about(label: Any, table: str) -> Mapped[Any]:
    """A link to a record, which goes when the record is purged; the message stays."""
    return field(label, ForeignKey(f"{table}.id", ondelete="SET NULL"), index=True)


class Message(Record):
    """An e-mail to one recipient. The row is the truth; the queue only wakes the worker."""

    __tablename__ = "message"
    __entity__: ClassVar[str] = "messages"
    __read_with__: ClassVar[tuple[str, ...]] = READ_WITH
    __private_with__: ClassVar[tuple[str, ...]] = ("event",)
    __table_args__ = (
        unique("uq_message_cause", "cause", live=""),
        listed("ix_message_by_created_on", "company_id", "created_on", covers=("owner_id",)),
        listed(
            "ix_message_by_state_created_on",
            "company_id",
            "state",
            "created_on",
            covers=("owner_id",),
        ),
        listed("ix_message_by_kind_created_on", "company_id", "kind", "created_on"),
        # Of one sender, a status or a kind is counted without reading the rows themselves.
        listed(
            "ix_message_by_owner_id_created_on",
            "owner_id",
            "created_on",
            covers=("company_id", "state", "kind"),
        ),
        # A catalogue goes to many people; its last sendings are read in this order.
        listed(
            "ix_message_by_catalog_id_created_on",
            "catalog_id",
            "created_on",
            covers=("company_id", "owner_id"),
        ),
        # What the worker looks for; it is as short as the queue.
        Index(
            "ix_message_due",
            "company_id",
            "next_try_at",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        Index(
            "ix_message_lease_until",
            "lease_until",
            sqlite_where=text("lease_until IS NOT NULL"),
            postgresql_where=text("lease_until IS NOT NULL"),
        ),
    )

    # What happened to whom, such as "reminder:12:7": a second message of one cause is impossible.
    cause: Mapped[str] = mapped_column(String(200), nullable=False)
    kind: Mapped[MessageKind] = field(
        _l("Used for"),
        by_value(MessageKind),
        choices=KINDS,
        default=MessageKind.FREE,
        server_default=MessageKind.FREE,
        css="w-kind",
    )
    direction: Mapped[Direction] = mapped_column(
        by_value(Direction), default=Direction.OUTBOUND, server_default=Direction.OUTBOUND
    )
    subject: Mapped[str] = field(_l("Subject"), String(255), search=True, css="w-org")
    body_html: Mapped[str] = mapped_column(
        Text, default="", server_default="", deferred=True, info=UNJOURNALED
    )
    body_text: Mapped[str] = mapped_column(
        Text, default="", server_default="", deferred=True, info=UNJOURNALED
    )
    # What calendars read beside the texts, and its METHOD; "" for most messages.
    calendar: Mapped[str] = mapped_column(
        Text, default="", server_default="", deferred=True, info=UNJOURNALED
    )
    calendar_method: Mapped[str] = mapped_column(
        String(10), default="", server_default="", info=UNJOURNALED
    )
    sender_name: Mapped[str] = field(_l("Sender"), String(120), default="", server_default="")
    sender_address: Mapped[str] = field(
        lazy_pgettext("e-mail", "From"), String(254), default="", server_default=""
    )
    reply_name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    reply_to: Mapped[str | None] = field(_l("Reply to"), String(254), kind=kinds.EMAIL)
    to_name: Mapped[str] = field(
        lazy_pgettext("e-mail", "To"),
        String(160),
        search=True,
        default="",
        server_default="",
        css="w-who",
    )
    to_address: Mapped[str | None] = field(_l("E-mail"), String(254), kind=kinds.EMAIL, search=True)
    # The relation whose address it is, for a second try after the address was corrected.
    to_relation: Mapped[str] = mapped_column(String(20), default="", server_default="")
    copy: Mapped[Copy] = mapped_column(by_value(Copy), default=Copy.TO, server_default=Copy.TO)
    original_id: Mapped[int | None] = mapped_column(
        ForeignKey("message.id", ondelete="SET NULL"), index=True
    )
    automatic: Mapped[bool] = flag(_l("Sent automatically"))
    transactional: Mapped[bool] = flag(_l("Transactional"))
    owner_id: Mapped[int | None] = link(_l("Sent by"), "ab_user.id", css="w-who")
    template_id: Mapped[int | None] = field(
        _l("Template"), ForeignKey("template.id", ondelete="SET NULL"), index=True, readonly=True
    )

    state: Mapped[MessageState] = field(
        _l("Status"),
        by_value(MessageState),
        choices=STATES,
        default=MessageState.DRAFT,
        server_default=MessageState.DRAFT,
        css="w-status",
    )
    reason: Mapped[SkipReason | None] = field(
        _l("Reason"), by_value(SkipReason), choices=REASONS, readonly=True
    )
    tries: Mapped[int] = field(_l("Tries"), default=0, server_default="0", readonly=True)
    next_try_at: Mapped[datetime | None] = field(_l("Next try"), Instant, readonly=True)
    last_error: Mapped[str | None] = field(_l("Last error"), String(500), readonly=True)
    sent_at: Mapped[datetime | None] = field(_l("Sent on"), Instant, readonly=True)
    # The Message-ID of the mail, without its brackets; the same in every try.
    message_id: Mapped[str] = field(_l("Message-ID"), String(160), readonly=True)
    lease_until: Mapped[datetime | None] = mapped_column(Instant, info=UNJOURNALED)
    lease_token: Mapped[str | None] = mapped_column(String(32), info=UNJOURNALED)

    lead_id: Mapped[int | None] = _about(_l("Lead"), "lead")
    account_id: Mapped[int | None] = _about(_l("Client / Prospect"), "account")
    contact_id: Mapped[int | None] = _about(_l("Contact"), "contact")
    opportunity_id: Mapped[int | None] = _about(_l("Opportunity"), "opportunity")
    quote_id: Mapped[int | None] = _about(_l("Quote"), "quote")
    event_id: Mapped[int | None] = _about(_l("Event"), "event")
    catalog_id: Mapped[int | None] = _about(_l("Catalogue"), "catalog")

    owner: Mapped[User | None] = relationship(User, foreign_keys="Message.owner_id")
    # Written by its id: one sends by a template whose page one may not open.
    template: Mapped[Any] = relationship("Template", viewonly=True)
    # Tables of upper slices, which this one does not import.
    lead: Mapped[Any] = relationship("Lead")
    account: Mapped[Any] = relationship("Account")
    contact: Mapped[Any] = relationship("Contact")
    opportunity: Mapped[Any] = relationship("Opportunity")
    quote: Mapped[Any] = relationship("Quote")
    event: Mapped[Any] = relationship("Event")
    catalog: Mapped[Any] = relationship("Catalog")
    catalog_links: Mapped[list[Any]] = relationship("CatalogLink", viewonly=True)
    attempts: Mapped[list[MessageAttempt]] = relationship(
        back_populates="message",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by=MessageAttempt.at.desc(),
    )

    attachments: Mapped[list[MessageAttachment]] = relationship(
        back_populates="message",
        cascade="all, delete-orphan",
        passive_deletes=True,
        order_by=MessageAttachment.id,
    )
    unsubscribe_link: Mapped[UnsubscribeLink | None] = relationship(
        back_populates="message", cascade="all, delete-orphan", passive_deletes=True
    )

    def __str__(self) -> str:
        return self.subject

    @property
    def about(self) -> str:
        """The relation to the most telling record that it is about; "" where it is about none."""
        named = (name for name in TELLING if getattr(self, f"{name}_id") is not None)
        return next(named, "")

    @computed(_l("Record"), css="w-org")
    def record(self) -> str:
        """That record's name, where the reader may see it."""
        target = getattr(self, self.about) if self.about else None
        return "" if target is None else str(target)

    @computed(_l("Reason"), css="w-status")
    def why(self) -> str:
        """Why it is not sent, in words; "" where it is."""
        match self.state:
            case MessageState.SKIPPED:
                return str(REASONS[self.reason]) if self.reason else ""
            case MessageState.FAILED | MessageState.QUEUED:
                return self.last_error or ""
            case MessageState.CANCELLED if self.changed_by is not None:
                return _("Cancelled by %(name)s", name=self.changed_by)
        return ""

    @computed(_l("Link opened on"), kinds.INSTANT)
    def opened_at(self) -> datetime | None:
        """When its recipient first opened the link to a catalogue."""
        times = (one.link.first_opened_at for one in self.catalog_links)
        return min((time for time in times if time is not None), default=None)

    def check(self) -> None:
        """What becomes a header stands on one line. Source: RFC 5322, 2.2."""
        for name in HEADERS:
            value = getattr(self, name)
            if value and (BREAKS.search(value) or (name == "sender_address" and " " in value)):
                raise DomainError(_("Write this on one line."), field=name)


# The columns that become headers of the mail.
HEADERS = (
    "subject", "sender_name", "sender_address", "reply_name", "reply_to", "to_name", "to_address",
    "message_id",
)  # fmt: skip
