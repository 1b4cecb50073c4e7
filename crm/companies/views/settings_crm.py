"""/apps/ and /settings/crm: the settings of the application."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import literal, select, union_all

from crm.companies.models import AppSettings, Assignable, Company, CompanySettings
from crm.companies.services import settings
from crm.companies.views.options import DAYS, Section, SettingOption, limit_choices
from crm.companies.views.settings import SettingsPage, SettingsPages
from crm.core.datamodel import DataModel
from crm.core.forms import Form
from crm.core.models import target_of
from crm.core.models.text import format_instant
from crm.core.security.page import Page
from crm.core.views.display import hue_of, initials, zone

SECTIONS: Sequence[Section] = (
    (_l("General"), (
        SettingOption(
            "assignable_users",
            _l("Who can be account owner, everywhere: forms, in-place editing, import, API."),
            opens_with=Assignable.GROUPS,
            under=(
                SettingOption("assignable_groups", required=True),
                SettingOption("assignable_everywhere"),
            ),
        ),
        SettingOption(
            "manage_agencies",
            _l("Shows the agency on every record, the Agencies page and a filter in every list."),
        ),
        SettingOption(
            "manage_catalogs", _l("Adds Catalogues to the menu. When off, files are kept.")
        ),
        SettingOption(
            "bin_days",
            _l("Then records are deleted for good; their numbers are not reused."),
            DAYS,
        ),
        SettingOption(
            "ignored_email_domains",
            _l(
                "One per line. People who share one are not taken for related contacts or "
                "duplicates."
            ),
        ),
        SettingOption(
            "mails_per_minute",
            _l("The mail server’s limit. Further e-mails wait for the next minute."),
        ),
    )),
    (_l("Opportunities"), (
        SettingOption(
            "show_customer_description",
            _l("The client’s notes, up to date and read-only."),
        ),
        SettingOption(
            "manage_recurring",
            _l("Adds the Recurring section, its columns and its filters."),
            under=(
                SettingOption(
                    "default_recurring_duration",
                    _l(
                        "From 1 to 120; 12 for a one-year subscription. Durations already "
                        "entered do not change."
                    ),
                ),
            ),
        ),
        SettingOption("opportunity_default_stage"),
    )),
    (_l("Quotes"), (
        SettingOption(
            "proposal_stage",
            _l(
                "An open opportunity before this stage moves there when a quote of it is "
                "finalised; one that is further stays. Leave empty to move none."
            ),
        ),
        SettingOption(
            "win_on_quote_acceptance",
            _l("Asks whether the opportunity is won, as soon as its quote is accepted."),
        ),
        SettingOption(
            "quote_discount_ceiling",
            _l(
                "In percent, a line’s discount and the global one together. Above it, somebody "
                "who may edit the quotes of the whole company has to approve the quote."
            ),
        ),
    )),
    (_l("Leads"), (
        SettingOption("lead_default_status"),
        SettingOption("stale_after_days", unit=DAYS),
    )),
    (_l("Prospects"), (
        SettingOption(
            "manage_prospect_status",
            _l("Prospects are open, won or lost. When off, their statuses are kept."),
            under=(SettingOption("prospect_default_status"),),
        ),
    )),
)  # fmt: skip


@dataclass
class CompanyLine:
    """A company in the list, with the link to its settings."""

    name: str
    url: str
    initials: str
    hue: str
    recurring_text: str
    inherited: bool
    changed_text: str


@dataclass
class AppCard:
    """An application that can be configured."""

    title: str
    text: str
    url: str
    icon: str


@dataclass
class AppsPage:
    """Everything templates/companies/apps.html places."""

    title: str
    crumbs: list[tuple[str, str]]
    apps: list[AppCard]


class AppsView(Page):
    """Apps management: one card an application; the CRM is the only one."""

    route_base = "/apps"
    default_view = "apps"
    class_permission_name = "settings"
    method_permission_name: ClassVar[dict[str, str]] = {"apps": "read"}
    menu_endpoint = "AppSettingsView"

    @expose("/")
    @has_access
    def apps(self) -> ResponseReturnValue:
        text = _("Leads, prospects, clients, opportunities, quotes and events.")
        crm = AppCard(_("CRM"), text, url_for("AppSettingsView.app"), "adjustments-horizontal")
        page = AppsPage(_("Apps management"), [(_("Application config"), "")], [crm])
        return self.render("companies/apps.html", page=page)


class AppSettingsView(SettingsPages):
    """The application's settings, and links to those of the companies."""

    datamodel = DataModel(AppSettings, settings.RULES)
    route_base = "/settings/crm"
    default_view = "app"
    method_actions: ClassVar[dict[str, str]] = {"app": "read"}
    edit_title = list_title = _l("CRM application")
    edit_template = "companies/settings_crm.html"
    sections = SECTIONS

    @expose("", methods=("GET", "POST"))
    @has_access
    def app(self) -> ResponseReturnValue:
        return self.answer(self.row(1, names=self.edit_columns))

    def return_url(self, row: Any) -> str:
        return self.url("app")

    def breadcrumbs(self, row: Any = None) -> list[tuple[str, str]]:
        above = [(_("Application config"), ""), (_("Apps management"), url_for("AppsView.apps"))]
        return [*above, (_("CRM, configure"), "")]

    def prepare_form(self, form: Form) -> None:
        allowed = self._beginnings()
        for name in settings.DEFAULTS:
            limit_choices(form.fields[name], allowed[name])

    def _beginnings(self) -> dict[str, set[int]]:
        """The allowed values of each default, in one statement."""
        parts = []
        for name in settings.DEFAULTS:
            target = target_of(AppSettings, name)
            found = select(literal(name).label("name"), target.id)
            parts.append(found.where(self.datamodel.candidates(name, {})))
        allowed: dict[str, set[int]] = {name: set() for name in settings.DEFAULTS}
        for name, pk in self.datamodel.session.execute(union_all(*parts)):
            allowed[name].add(pk)
        return allowed

    def complete(self, page: SettingsPage, row: AppSettings) -> None:
        statement = select(
            Company.id, Company.name, CompanySettings.recurring_duration, CompanySettings.changed_on
        ).join(CompanySettings, CompanySettings.company_id == Company.id)
        found = self.datamodel.session.execute(statement.order_by(Company.name_key))
        page.companies = [self._line(company, row) for company in found]
        page.recurring = row.manage_recurring

    def _line(self, company: Any, row: AppSettings) -> CompanyLine:
        months = company.recurring_duration or row.default_recurring_duration
        words = ngettext("%(num)s month", "%(num)s months", months)
        return CompanyLine(
            name=company.name,
            url=url_for("CompanySettingsView.company", pk=company.id),
            initials=initials(company.name),
            hue=hue_of(company.id),
            recurring_text=words if row.manage_recurring else "",
            inherited=company.recurring_duration is None,
            changed_text=format_instant(company.changed_on, zone()),
        )
