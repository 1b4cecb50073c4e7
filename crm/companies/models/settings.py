"""The settings: one row for the application, one for each company. Source: spec 2.2 to 2.8."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import Group
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, Column, ForeignKey, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.companies.columns import by_value, flag, link
from crm.companies.models.company import Company
from crm.core.errors import DomainError
from crm.core.models import Label, Settings, field, kinds, unique
from crm.core.types import Exact


class Assignable(StrEnum):
    """Who may own an account."""

    ALL = "all"
    GROUPS = "groups"


# Of people, not of companies: who shares one has nothing else in common.
IGNORED_DOMAINS = (
    "gmail.com\noutlook.com\nhotmail.com\nyahoo.fr\norange.fr\nfree.fr\nwanadoo.fr\nlaposte.net\n"
    "sfr.fr\nicloud.com"
)

app_settings_group = Table(
    "app_settings_group",
    Model.metadata,
    Column("settings_id", ForeignKey("app_settings.id", ondelete="CASCADE"), primary_key=True),
    Column("group_id", ForeignKey("ab_group.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class AppSettings(Settings):
    """The settings of the page "CRM application"; changes take effect on the next request."""

    __tablename__ = "app_settings"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    assignable_users: Mapped[Assignable] = field(
        _l("Assignable users"),
        by_value(Assignable),
        choices={Assignable.ALL: _l("All users"), Assignable.GROUPS: _l("Some user groups")},
        default=Assignable.ALL,
        server_default=Assignable.ALL,
        nullable=False,
    )
    assignable_everywhere: Mapped[bool] = flag(_l("Apply to leads and opportunities"))
    show_customer_description: Mapped[bool] = flag(
        _l("Display lead / client description in the opportunity")
    )
    manage_catalogs: Mapped[bool] = flag(_l("Manage catalogues"))
    manage_recurring: Mapped[bool] = flag(_l("Manage recurring revenue on opportunities"))
    default_recurring_duration: Mapped[int] = field(
        _l("Default recurring duration (in months)"),
        minimum=1,
        maximum=120,
        default=12,
        server_default="12",
        nullable=False,
        required=True,
    )
    manage_agencies: Mapped[bool] = flag(
        _l("Agencies management"), help=_l("An agency or establishment of the company.")
    )
    # Whether the home page of an administrator begins with the first steps; on no form.
    first_steps: Mapped[bool] = mapped_column(default=True, server_default="1", nullable=False)
    lead_default_status_id: Mapped[int] = link(_l("Default lead status"), "lead_status.id")
    opportunity_default_stage_id: Mapped[int] = link(_l("Default opportunity stage"), "stage.id")
    # None until an admin chooses one: then finalising a quote moves no opportunity.
    proposal_stage_id: Mapped[int | None] = link(_l("Stage of a sent quote"), "stage.id")
    win_on_quote_acceptance: Mapped[bool] = flag(
        _l("Win the opportunity when a quote is accepted"), on=True
    )
    quote_discount_ceiling: Mapped[Decimal] = field(
        _l("Largest discount without approval"),
        Exact(2),
        kind=kinds.PERCENT,
        minimum=0,
        maximum=100,
        default=Decimal(15),
        nullable=False,
        required=True,
    )
    manage_prospect_status: Mapped[bool] = flag(_l("Manage statuses on prospects"))
    prospect_default_status_id: Mapped[int] = link(
        _l("Default prospect status"), "prospect_status.id"
    )
    stale_after_days: Mapped[int] = field(
        _l("Highlight leads without activity after (days)"),
        minimum=1,
        maximum=365,
        default=15,
        server_default="15",
        nullable=False,
        required=True,
    )
    ignored_email_domains: Mapped[str | None] = field(
        _l("E-mail domains to ignore"),
        Text,
        kind=kinds.DOMAINS,
        default=IGNORED_DOMAINS,
        server_default=IGNORED_DOMAINS,
    )
    bin_days: Mapped[int] = field(
        _l("Days kept in the bin"),
        minimum=1,
        maximum=3650,
        default=90,
        server_default="90",
        nullable=False,
        required=True,
    )
    mails_per_minute: Mapped[int] = field(
        _l("E-mails per minute"),
        minimum=1,
        maximum=100_000,
        default=300,
        server_default="300",
        nullable=False,
        required=True,
    )

    assignable_groups: Mapped[list[Group]] = relationship(
        Group, secondary=app_settings_group, info={"label": _l("Assignable groups")}
    )
    lead_default_status: Mapped[Any] = relationship("LeadStatus")
    opportunity_default_stage: Mapped[Any] = relationship(
        "Stage", foreign_keys="AppSettings.opportunity_default_stage_id"
    )
    proposal_stage: Mapped[Any] = relationship(
        "Stage", foreign_keys="AppSettings.proposal_stage_id"
    )
    prospect_default_status: Mapped[Any] = relationship("ProspectStatus")

    def __str__(self) -> str:
        return str(_("CRM application"))

    def check(self) -> None:
        """Rules between fields. Source: spec 2.2 and 2.7."""
        wrong: dict[str, str] = {}
        if self.assignable_users == Assignable.GROUPS and not self.assignable_groups:
            wrong["assignable_groups"] = _("Choose at least one group.")
        for name in ("lead_default_status", "prospect_default_status"):
            status = getattr(self, name)
            if status is not None and not status.is_offered:
                wrong[name] = _("Choose an active open status.")
        stage = self.opportunity_default_stage
        if stage is not None and not stage.is_offered:
            wrong["opportunity_default_stage"] = _("Choose an active open stage.")
        stage = self.proposal_stage
        if stage is not None and not stage.is_offered:
            wrong["proposal_stage"] = _("Choose an active open stage.")
        if wrong:
            raise DomainError(fields=wrong)


def _template(label: Label) -> Mapped[int | None]:
    """The template of an e-mail that a company sends; empty where it does not."""
    return link(label, "template.id", unset=_l("Not sent"))


def _chosen(column: str) -> Mapped[Any]:
    return relationship("Template", foreign_keys=f"CompanySettings.{column}")


class CompanySettings(Settings):
    """The settings of one company; created with it."""

    __tablename__ = "company_settings"
    __table_args__ = (unique("uq_company_settings_company_id", "company_id", live=""),)

    company_id: Mapped[int] = field(
        _l("Company"), ForeignKey("company.id", ondelete="CASCADE"), readonly=True, required=False
    )
    recurring_duration: Mapped[int | None] = field(
        _l("Recurring duration for this company"),
        minimum=1,
        maximum=120,
        help=_l("Leave empty to use the application's."),
    )
    default_reminder_minutes: Mapped[int | None] = field(
        _l("Default reminder before meetings and calls (minutes)"),
        minimum=0,
        maximum=40_320,
        default=30,
        server_default="30",
        help=_l("Leave empty for none."),
    )
    quote_validity_days: Mapped[int] = field(
        _l("Quote validity (days)"),
        minimum=1,
        maximum=365,
        default=30,
        server_default="30",
        nullable=False,
        required=True,
    )
    opportunity_prefix: Mapped[str] = field(
        _l("Prefix"), String(8), default="O", server_default="O", nullable=False, required=True
    )
    opportunity_padding: Mapped[int] = field(
        _l("Digits"),
        minimum=1,
        maximum=10,
        default=4,
        server_default="4",
        nullable=False,
        required=True,
    )
    quote_prefix: Mapped[str] = field(
        _l("Prefix"), String(8), default="D", server_default="D", nullable=False, required=True
    )
    quote_padding: Mapped[int] = field(
        _l("Digits"),
        minimum=1,
        maximum=10,
        default=5,
        server_default="5",
        nullable=False,
        required=True,
    )
    default_vat_rate_id: Mapped[int | None] = link(_l("Default VAT rate"), "vat_rate.id")
    payment_terms: Mapped[str | None] = field(
        _l("Payment terms"), Text, help=_l("Proposed for new accounts, and printed on quotes.")
    )
    legal_note: Mapped[str | None] = field(
        _l("Legal note"), Text, help=_l("Printed at the end of every quote.")
    )
    sender_name: Mapped[str | None] = field(_l("Sender"), String(120))
    sender_email: Mapped[str | None] = field(_l("Sender's e-mail"), String(254), kind=kinds.EMAIL)
    event_reminder_template_id: Mapped[int | None] = _template(_l("Event reminder template"))
    meeting_reminder_template_id: Mapped[int | None] = _template(_l("Meeting reminder template"))
    call_reminder_template_id: Mapped[int | None] = _template(_l("Call reminder template"))
    task_reminder_template_id: Mapped[int | None] = _template(_l("Task reminder template"))
    invitation_template_id: Mapped[int | None] = _template(_l("Meeting invitation template"))
    date_changed_template_id: Mapped[int | None] = _template(_l("Meeting date changed template"))
    guest_removed_template_id: Mapped[int | None] = _template(_l("Guest removed template"))
    quote_template_id: Mapped[int | None] = _template(_l("Quote e-mail template"))
    catalog_template_id: Mapped[int | None] = _template(_l("Catalogue e-mail template"))
    mails_per_minute: Mapped[int | None] = field(
        _l("E-mails per minute for this company"),
        minimum=1,
        maximum=100_000,
        help=_l("Leave empty to apply only the application’s limit."),
    )

    company: Mapped[Company] = relationship()
    default_vat_rate: Mapped[Any] = relationship("VatRate")
    # Of an upper slice, which this one does not import.
    event_reminder_template: Mapped[Any] = _chosen("event_reminder_template_id")
    meeting_reminder_template: Mapped[Any] = _chosen("meeting_reminder_template_id")
    call_reminder_template: Mapped[Any] = _chosen("call_reminder_template_id")
    task_reminder_template: Mapped[Any] = _chosen("task_reminder_template_id")
    invitation_template: Mapped[Any] = _chosen("invitation_template_id")
    date_changed_template: Mapped[Any] = _chosen("date_changed_template_id")
    guest_removed_template: Mapped[Any] = _chosen("guest_removed_template_id")
    quote_template: Mapped[Any] = _chosen("quote_template_id")
    catalog_template: Mapped[Any] = _chosen("catalog_template_id")

    def __str__(self) -> str:
        return str(self.company)
