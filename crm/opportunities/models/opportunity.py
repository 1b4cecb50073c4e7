"""Opportunities. Source: spec 7.1 and 7.5."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from flask_appbuilder import Model
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import Column, ForeignKey, String, Table, Text, inspect
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import Account, Contact, EventDates, LostReason, Source, Tag
from crm.companies.columns import link, lists, rare
from crm.companies.rules import changed
from crm.core.actor import find_actor
from crm.core.errors import DomainError
from crm.core.models import Owned, Record, computed, field, folded, kinds, unique
from crm.core.types import Instant, Money, round_half_up, utcnow
from crm.opportunities import measures, passages, recurring
from crm.opportunities.models.stage import Stage, StageKind

# Columns that are read-only while the opportunity is closed (spec 7.2).
FROZEN_WHEN_CLOSED = (
    "amount",
    "currency",
    "best_case",
    "worst_case",
    "probability",
    "expected_close_on",
    "recurring_amount",
    "recurring_period",
    "recurring_duration",
    "recurring_start_on",
)
LINKS_FROZEN_WHEN_CLOSED = ("account", "contact")

opportunity_tag = Table(
    "opportunity_tag",
    Model.metadata,
    Column("opportunity_id", ForeignKey("opportunity.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True, index=True),
)


class Opportunity(EventDates, Owned, Record):
    """A possible sale, until it is won or lost."""

    __tablename__ = "opportunity"
    __entity__: ClassVar[str] = "opportunities"
    __table_args__ = (
        # Over rows in the bin too: references are never reused.
        unique("uq_opportunity_reference", "company_id", "reference", field="reference", live=""),
        unique("uq_opportunity_external_ref", "company_id", "external_ref"),
        *lists(
            "opportunity",
            "expected_close_on",
            "stage_id expected_close_on",
            "owner_id stage_id expected_close_on",
            "owner_id expected_close_on",
            "agency_id expected_close_on",
            "owner_id agency_id expected_close_on",
            "name_key",
            "reference",
            "amount",
            "probability",
            "next_event_at",
        ),
        *rare("opportunity", "recurring_amount", flags=False),
    )

    reference: Mapped[str] = field(
        _l("Reference"), String(20), readonly=True, required=False, search=True, css="w-ref"
    )
    name: Mapped[str] = field(_l("Name"), String(160), search=True)
    name_key: Mapped[str] = folded("name", 160)
    account_id: Mapped[int | None] = link(
        _l("Client / Prospect"), "account.id", search=True, css="w-org"
    )
    contact_id: Mapped[int | None] = link(_l("Contact"), "contact.id")
    stage_id: Mapped[int] = field(
        _l("Stage"), ForeignKey("stage.id"), required=False, css="w-status"
    )
    stage_since: Mapped[datetime] = field(
        _l("In stage since"), Instant, default=utcnow, readonly=True
    )
    # The stage that Reopen restores.
    open_stage_id: Mapped[int | None] = mapped_column(ForeignKey("stage.id"))
    probability: Mapped[int] = field(
        _l("Probability (%)"), kind=kinds.WHOLE_PERCENT, minimum=0, maximum=100, required=False
    )
    amount: Mapped[Decimal | None] = field(
        _l("Amount"), Money, minimum=0, help=_l("One-off, excluding tax.")
    )
    currency: Mapped[str] = field(_l("Currency"), String(3), kind=kinds.CURRENCY, required=False)
    best_case: Mapped[Decimal | None] = field(_l("Best case"), Money, minimum=0)
    worst_case: Mapped[Decimal | None] = field(_l("Worst case"), Money, minimum=0)
    expected_close_on: Mapped[date | None] = field(_l("Expected close date"))
    closed_on: Mapped[date | None] = field(_l("Closed on"), readonly=True)
    need_type: Mapped[str | None] = field(_l("Type of need"), String(80))
    # What it was converted from; set by the conversion only.
    lead_id: Mapped[int | None] = field(
        _l("Lead"), ForeignKey("lead.id", ondelete="SET NULL"), index=True, readonly=True
    )
    source_id: Mapped[int | None] = link(_l("Source"), "source.id")
    score: Mapped[int | None] = field(_l("Score"), kind=kinds.STARS, minimum=0, maximum=5)
    description: Mapped[str | None] = field(_l("Description"), Text, kind=kinds.RICH_TEXT)
    memo: Mapped[str | None] = field(
        _l("Memo"), Text, help=_l("Visible only to people who can edit the opportunity.")
    )
    competitor: Mapped[str | None] = field(_l("Competitor"), String(160))
    next_step: Mapped[str | None] = field(_l("Next step"), String(255))
    lost_reason_id: Mapped[int | None] = link(_l("Lost reason"), "lost_reason.id", readonly=True)
    lost_comment: Mapped[str | None] = field(_l("Comment"), Text, readonly=True)

    recurring_amount: Mapped[Decimal | None] = field(
        _l("Expected recurring amount"), Money, minimum=0, help=_l("Per period.")
    )
    recurring_period: Mapped[int] = field(
        lazy_pgettext("recurring", "Period"),
        choices={
            "1": _l("Monthly"),
            "3": _l("Quarterly"),
            "6": _l("Half-yearly"),
            "12": _l("Yearly"),
        },
        default=1,
        server_default="1",
        nullable=False,
    )
    recurring_duration: Mapped[int | None] = field(
        _l("Expected duration (in months)"), minimum=1, maximum=120
    )
    recurring_start_on: Mapped[date | None] = field(_l("Recurring start date"))

    account: Mapped[Account | None] = relationship()
    contact: Mapped[Contact | None] = relationship()
    # A table of an upper slice, which this one does not import.
    lead: Mapped[Any] = relationship("Lead", foreign_keys="Opportunity.lead_id")
    stage: Mapped[Stage] = relationship(foreign_keys="Opportunity.stage_id")
    open_stage: Mapped[Stage | None] = relationship(foreign_keys="Opportunity.open_stage_id")
    source: Mapped[Source | None] = relationship()
    lost_reason: Mapped[LostReason | None] = relationship()
    tags: Mapped[list[Tag]] = relationship(secondary=opportunity_tag, info={"label": _l("Tags")})

    def __str__(self) -> str:
        return self.name

    @property
    def is_closed(self) -> bool:
        """Won or lost."""
        return self.stage is not None and self.stage.kind != StageKind.OPEN

    @computed(_l("Recurring end date"), kinds.DATE, measures.recurring_end_on)
    def recurring_end_on(self) -> date | None:
        """The first day no longer covered."""
        if self.recurring_start_on is None or self.recurring_duration is None:
            return None
        return recurring.end(self.recurring_start_on, self.recurring_duration)

    @computed(_l("Monthly recurring revenue"), kinds.MONEY, measures.recurring_monthly)
    def recurring_monthly(self) -> Decimal | None:
        """The recurring revenue of a month."""
        if self.recurring_amount is None:
            return None
        return recurring.monthly(self.recurring_amount, self.recurring_period or 1)

    @computed(_l("Recurring total"), kinds.MONEY, measures.recurring_total)
    def recurring_total(self) -> Decimal | None:
        """The recurring revenue of the whole duration."""
        if self.recurring_amount is None or self.recurring_duration is None:
            return None
        return recurring.total(
            self.recurring_amount, self.recurring_period or 1, self.recurring_duration
        )

    @computed(_l("Total expected"), kinds.MONEY, measures.total_amount)
    def total_amount(self) -> Decimal | None:
        """The amount, with the recurring total while recurring revenue is managed."""
        actor = find_actor()
        more = (
            self.recurring_total if actor is None or actor.is_enabled("manage_recurring") else None
        )
        if self.amount is None and more is None:
            return None
        return (self.amount or Decimal(0)) + (more or Decimal(0))

    @computed(_l("Weighted amount"), kinds.MONEY, measures.weighted_amount)
    def weighted_amount(self) -> Decimal | None:
        """The total amount × probability. Source: spec 7.1."""
        total = self.total_amount
        if total is None:
            return None
        return round_half_up(total * Decimal(self.probability or 0) / 100)

    @computed(_l("Closed, or expected to close"), kinds.DATE, measures.forecast_on)
    def forecast_on(self) -> date | None:
        """The day for which a forecast counts it."""
        return self.closed_on or self.expected_close_on

    @computed(_l("Best case, else the amount"), kinds.MONEY, measures.best_amount)
    def best_amount(self) -> Decimal | None:
        """What it brings at best."""
        return self.best_case if self.best_case is not None else self.amount

    @computed(_l("Sales cycle (days)"), kinds.INTEGER, measures.cycle_days)
    def cycle_days(self) -> int | None:
        """The days from its creation to its end, as the reader counts days.

        None while it is open, and where it was written down after its end, as an import does.
        """
        if self.closed_on is None:
            return None
        actor = find_actor()
        zone = ZoneInfo(actor.time_zone if actor is not None else "UTC")
        days = (self.closed_on - self.created_on.astimezone(zone).date()).days
        return days if days >= 0 else None

    @computed(_l("Opportunity"), passages.PASSAGE, lambda model, _dialect: model.id)
    def passage(self) -> int:
        """What the filter by past stages compares: lists of the rows of a report."""
        return self.id

    @computed(_l("Client description"), kinds.RICH_TEXT)
    def client_description(self) -> str | None:
        """The account's notes as they are now. Source: spec 2.3."""
        return self.account.notes if self.account is not None else None

    @computed(_l("Lead description"), kinds.RICH_TEXT)
    def lead_description(self) -> str | None:
        """The description of the lead that it came from, as it is now. Source: spec 2.3."""
        return self.lead.description if self.lead is not None else None

    def check(self) -> None:
        """Rules between fields. Source: spec 7.1, 7.2 and 7.5."""
        wrong: dict[str, str] = {}
        amount, best, worst = self.amount, self.best_case, self.worst_case
        if best is not None and amount is not None and best < amount:
            wrong["best_case"] = _("The best case is below the amount.")
        if worst is not None and amount is not None and worst > amount:
            wrong["worst_case"] = _("The worst case is above the amount.")
        if best is not None and worst is not None and worst > best:
            wrong["worst_case"] = _("The worst case is above the best case.")
        if self.recurring_amount is not None and self.recurring_duration is None:
            wrong["recurring_duration"] = _("Enter a duration for the recurring amount.")
        if self.contact is not None and changed(self, "contact") and not self._knows_contact():
            wrong["contact"] = _("Choose a contact of this account.")
        if wrong:
            raise DomainError(fields=wrong)
        self._check_closed()

    def _knows_contact(self) -> bool:
        if self.account is None or self.contact is None:
            return True
        return any(link.account is self.account for link in self.contact.links)

    def _check_closed(self) -> None:
        """Refuse changes of read-only columns while it is closed."""
        state: Any = inspect(self)
        if not state.has_identity or not self.is_closed or changed(self, "stage"):
            return
        touched = [name for name in FROZEN_WHEN_CLOSED if state.attrs[name].history.has_changes()]
        touched += [name for name in LINKS_FROZEN_WHEN_CLOSED if changed(self, name)]
        if touched:
            message = _("This opportunity is closed; reopen it to change this.")
            raise DomainError(fields=dict.fromkeys(touched, message))
