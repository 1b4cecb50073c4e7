"""Leads and their statuses. Source: spec 3 and 4.1."""

from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Column, ForeignKey, String, Table, Text, inspect
from sqlalchemy.orm import Mapped, relationship

from crm.accounts.models import (
    CIVILITIES,
    Account,
    AccountCategory,
    Civility,
    Contact,
    ContactDetails,
    Department,
    EventDates,
    Industry,
    JobTitle,
    LostReason,
    Source,
    Tag,
    full_name,
)
from crm.companies.columns import by_value, colour, flag, link, lists, rare
from crm.companies.rules import changed
from crm.core.actor import find_actor
from crm.core.errors import DomainError
from crm.core.models import (
    Mergeable,
    Owned,
    Record,
    Reference,
    computed,
    field,
    folded,
    kinds,
    link_of,
    merged_index,
    spec_of,
    unique,
)
from crm.core.models.checks import is_changed
from crm.core.types import Instant
from crm.leads import measures
from crm.opportunities.models import Opportunity


class LeadStatusKind(StrEnum):
    """The kind of a status. Rules depend on it, as admins name and order the statuses."""

    OPEN = "open"
    CONVERTED = "converted"
    LOST = "lost"


# Ranges that do not overlap.
COMPANY_SIZES = ("1–19", "20–99", "100–499", "500–999", "1000–1999", "2000+")


class LeadStatus(Reference):
    """A status of leads."""

    __tablename__ = "lead_status"

    kind: Mapped[LeadStatusKind] = field(
        _l("Kind"),
        by_value(LeadStatusKind),
        choices={
            LeadStatusKind.OPEN: _l("Open"),
            LeadStatusKind.CONVERTED: _l("Converted"),
            LeadStatusKind.LOST: _l("Lost"),
        },
    )
    hue: Mapped[str] = colour()
    outcome_glyphs: ClassVar = {LeadStatusKind.CONVERTED: "st-won", LeadStatusKind.LOST: "st-lost"}

    @property
    def is_offered(self) -> bool:
        """Whether it may be the status of a new lead."""
        return self.kind == LeadStatusKind.OPEN and self.active


lead_tag = Table(
    "lead_tag",
    Model.metadata,
    Column("lead_id", ForeignKey("lead.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True, index=True),
)


def _became(label: Any, table: str, **said: Any) -> Mapped[int | None]:
    """A link to what the lead became; a record that is purged leaves the lead behind."""
    target = ForeignKey(f"{table}.id", ondelete="SET NULL", **said)
    return field(label, target, index=True, readonly=True)


class Lead(ContactDetails, EventDates, Owned, Mergeable, Record):
    """A person or an organisation that showed interest."""

    __tablename__ = "lead"
    __entity__: ClassVar[str] = "leads"
    __table_args__ = (
        unique("uq_lead_external_ref", "company_id", "external_ref"),
        *lists(
            "lead",
            "received_on",
            "status_id received_on",
            "owner_id received_on",
            "agency_id received_on",
            "owner_id status_id received_on",
            "owner_id agency_id received_on",
            "name_key",
            "organization_key",
            "score",
            "next_event_at",
        ),
        *rare("lead", "do_not_call", "key_account"),
        merged_index("lead"),
    )

    civility: Mapped[Civility | None] = field(
        _l("Civility"), by_value(Civility), choices=CIVILITIES
    )
    first_name: Mapped[str | None] = field(_l("First name"), String(80))
    last_name: Mapped[str | None] = field(_l("Last name"), String(80))
    organization: Mapped[str | None] = field(
        _l("Organisation"), String(160), search=True, css="w-org"
    )
    name_key: Mapped[str] = folded("person", 330)
    organization_key: Mapped[str | None] = folded("organization", 160, nullable=True)
    job_title_id: Mapped[int | None] = link(_l("Job title"), "job_title.id")
    department_id: Mapped[int | None] = link(_l("Department"), "department.id")
    website: Mapped[str | None] = field(_l("Website"), String(255), kind=kinds.URL)
    address: Mapped[str | None] = field(_l("Address"), Text)
    postal_code: Mapped[str | None] = field(_l("Postal code"), String(16), kind=kinds.POSTAL_CODE)
    city: Mapped[str | None] = field(_l("City"), String(80))
    region: Mapped[str | None] = field(_l("Region"), String(80))
    country: Mapped[str | None] = field(_l("Country"), String(2), kind=kinds.COUNTRY)
    description: Mapped[str | None] = field(_l("Description"), Text, kind=kinds.RICH_TEXT)
    status_id: Mapped[int] = field(
        _l("Status"), ForeignKey("lead_status.id"), required=False, css="w-status"
    )
    status_note: Mapped[str | None] = field(_l("Status note"), Text)
    source_id: Mapped[int | None] = link(_l("Source"), "source.id")
    source_note: Mapped[str | None] = field(_l("Source details"), String(255))
    received_on: Mapped[date] = field(_l("Received on"), required=False)
    score: Mapped[int | None] = field(_l("Score"), kind=kinds.STARS, minimum=0, maximum=5)
    company_size: Mapped[str | None] = field(
        _l("Size"), String(12), choices={size: size for size in COMPANY_SIZES}
    )
    industry_id: Mapped[int | None] = link(_l("Industry"), "industry.id")
    category_id: Mapped[int | None] = link(_l("Category"), "account_category.id")
    key_account: Mapped[bool] = flag(_l("Key account"))
    nurturing: Mapped[bool] = flag(_l("Nurturing"))
    lost_reason_id: Mapped[int | None] = link(_l("Lost reason"), "lost_reason.id", readonly=True)
    lost_comment: Mapped[str | None] = field(_l("Comment"), Text, readonly=True)
    lost_on: Mapped[date | None] = field(_l("Lost on"), readonly=True)
    account_id: Mapped[int | None] = _became(_l("Client / Prospect"), "account")
    contact_id: Mapped[int | None] = _became(_l("Contact"), "contact")
    # use_alter: an opportunity names its lead, too.
    opportunity_id: Mapped[int | None] = _became(_l("Opportunity"), "opportunity", use_alter=True)
    converted_on: Mapped[datetime | None] = field(_l("Converted on"), Instant, readonly=True)
    converted_by_id: Mapped[int | None] = field(
        _l("Converted by"), ForeignKey("ab_user.id"), readonly=True
    )

    job_title: Mapped[JobTitle | None] = relationship()
    department: Mapped[Department | None] = relationship()
    status: Mapped[LeadStatus] = relationship()
    source: Mapped[Source | None] = relationship()
    industry: Mapped[Industry | None] = relationship()
    category: Mapped[AccountCategory | None] = relationship()
    lost_reason: Mapped[LostReason | None] = relationship()
    account: Mapped[Account | None] = relationship()
    contact: Mapped[Contact | None] = relationship()
    opportunity: Mapped[Opportunity | None] = relationship(foreign_keys="Lead.opportunity_id")
    converted_by: Mapped[User | None] = relationship(User, foreign_keys="Lead.converted_by_id")
    tags: Mapped[list[Tag]] = relationship(secondary=lead_tag, info={"label": _l("Tags")})

    def __str__(self) -> str:
        return str(self.display_name)

    @computed(_l("Lead"), search=True)
    def person(self) -> str:
        """The person, else the organisation: a list has the organisation beside it."""
        return full_name(self.first_name, self.last_name) or self.organization or ""

    @computed(_l("Lead"))
    def display_name(self) -> str:
        """The organisation, then the person."""
        person = full_name(self.first_name, self.last_name)
        return ", ".join(part for part in (self.organization, person) if part)

    @computed(_l("Time to conversion (days)"), kinds.INTEGER, measures.conversion_days)
    def conversion_days(self) -> int | None:
        """The days from its reception to its conversion, as the reader counts days."""
        if self.converted_on is None:
            return None
        actor = find_actor()
        zone = ZoneInfo(actor.time_zone if actor is not None else "UTC")
        days = (self.converted_on.astimezone(zone).date() - self.received_on).days
        return days if days >= 0 else None

    @property
    def is_converted(self) -> bool:
        """Whether it became an account, and is read-only."""
        return self.status is not None and self.status.kind == LeadStatusKind.CONVERTED

    def check(self) -> None:
        """Rules between fields. Source: spec 4.1 and 4.2."""
        if not self.last_name and not self.organization:
            message = _("Enter a last name or an organisation.")
            raise DomainError(fields={"last_name": message, "organization": message})
        self._check_converted()

    def _check_converted(self) -> None:
        """Refuse changes of a converted lead."""
        state: Any = inspect(self)
        if not state.has_identity or not self.is_converted or changed(self, "status"):
            return
        columns, links = _written(state.mapper)
        touched = [name for name in columns if is_changed(state, name)]
        touched += [name for name in links if changed(self, name)]
        touched += ["tags"] if state.attrs.tags.history.has_changes() else []
        if touched:
            message = _("This lead is converted and can no longer be changed.")
            raise DomainError(fields=dict.fromkeys(touched, message))


@cache
def _written(mapper: Any) -> tuple[list[str], list[str]]:
    """The fields that people write: columns, and links to one row."""
    kind, columns = mapper.class_, dict(mapper.columns.items())
    names = [name for name, column in columns.items() if "declared" in column.info]
    written = [name for name in names if not spec_of(kind, name).readonly]
    links = {name: link_of(kind, name)[0] for name in written if columns[name].foreign_keys}
    return [name for name in written if name not in links], list(links.values())
