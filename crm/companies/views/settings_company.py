"""/settings/companies/<id>: the settings of a company."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crm.companies.days import today
from crm.companies.models import Company, CompanySettings
from crm.companies.services import settings
from crm.companies.services.settings import TEMPLATE
from crm.companies.settings import setting
from crm.companies.views.options import DAYS, MINUTES, MONTHS, Section, SettingOption, SettingPair
from crm.companies.views.settings import SettingsPage, SettingsPages
from crm.core.datamodel import DataModel
from crm.core.forms import Form
from crm.core.forms.options import Option
from crm.core.models import Label
from crm.core.models.text import parse_number
from crm.core.views import Action, Field, Note
from crm.core.views.base import PK
from crm.core.views.conflict import stored_values
from crm.core.views.display import hue_of, initials

# When the e-mail of each kind is sent.
MOMENTS: dict[str, Label] = {
    "quote": _l("When a quote is sent to a customer."),
    "catalog": _l("When a catalogue is sent to a contact, an account or a lead."),
    "invitation": _l("When a guest is added to an event."),
    "date_changed": _l("When the date or place of an event changes."),
    "guest_removed": _l("When a guest is removed or an event is cancelled."),
    "event_reminder": _l("Before an event of the type Event."),
    "meeting_reminder": _l("Before a meeting."),
    "call_reminder": _l("Before a call."),
    "task_reminder": _l("Before a task is due."),
}
SECTIONS: Sequence[Section] = (
    (_l("Opportunities"), (
        SettingOption("recurring_duration", unit=MONTHS),
        SettingPair(
            "opportunity_numbering",
            _l("Opportunity numbering"),
            ("opportunity_prefix", "opportunity_padding"),
        ),
    )),
    (_l("Quotes"), (
        SettingOption("quote_validity_days", unit=DAYS),
        SettingPair("quote_numbering", _l("Quote numbering"), ("quote_prefix", "quote_padding")),
        SettingOption("default_vat_rate", _l("For lines without a product.")),
        SettingOption("legal_note"),
    )),
    (_l("Clients and prospects"), (SettingOption("payment_terms"),)),
    (_l("Reminders"), (SettingOption("default_reminder_minutes", unit=MINUTES),)),
    (_l("E-mails"), (
        SettingOption("sender_name", _l("Leave empty to use the name of the company.")),
        SettingOption(
            "sender_email",
            _l("Leave empty to use the application’s address. Replies go to the record’s owner."),
        ),
        *(SettingOption(f"{kind}{TEMPLATE}", moment) for kind, moment in MOMENTS.items()),
        SettingOption("mails_per_minute"),
    )),
)  # fmt: skip


@dataclass(frozen=True)
class Inherit:
    """The application's value of a setting that is empty for a company."""

    text: str
    own_text: str
    placeholder: str


def _not_sent(number: int) -> str:
    """That an e-mail has no template, and what that has cost lately."""
    words = str(_("No template is chosen, so this e-mail is not sent."))
    if not number:
        return words
    skipped = ngettext(
        "%(num)s was skipped within 30 days.", "%(num)s were skipped within 30 days.", number
    )
    return f"{words} {skipped}"


class CompanySettingsView(SettingsPages):
    """The settings of one company of the actor."""

    datamodel = DataModel(CompanySettings, settings.RULES)
    route_base = "/settings/companies"
    default_view = "company"
    method_actions: ClassVar[Mapping[str, str]] = {"company": "read"}
    setting_columns: ClassVar[Mapping[str, str]] = {"recurring_duration": "manage_recurring"}
    edit_title = list_title = _l("Settings per company")
    edit_template = "companies/settings_company.html"
    sections = SECTIONS

    @expose(f"/{PK}", methods=("GET", "POST"))
    @has_access
    def company(self, pk: int) -> ResponseReturnValue:
        """The form; with `?from=<id>` filled in from another company, unsaved."""
        row, source = self._of(pk), self._source()
        if source is None or request.method == "POST":
            return self.answer(row)
        names = self.edit_names(row)
        form = self.form(names, row).set_context(row)
        return self._edit_page(row, form.fill(stored_values(source, names)))

    def _of(self, company_id: int) -> CompanySettings:
        statement = select(CompanySettings).where(CompanySettings.company_id == company_id)
        eager = joinedload(CompanySettings.company), joinedload(CompanySettings.default_vat_rate)
        row = self.datamodel.session.scalars(statement.options(*eager)).first()
        if row is None:
            abort(404)
        settings.load_templates(row)
        return row

    def _source(self) -> CompanySettings | None:
        pk = request.args.get("from", "")
        if not pk:
            return None
        number = parse_number(pk)
        return self._of(number) if number is not None else abort(404)

    def return_url(self, row: Any) -> str:
        return self.url("company", pk=row.company_id)

    def breadcrumbs(self, row: Any = None) -> list[tuple[str, str]]:
        apps = (_("Apps management"), url_for("AppsView.apps"))
        return [
            apps,
            (_("CRM, configure"), url_for("AppSettingsView.app")),
            (_("CRM configuration"), ""),
        ]

    def prepare_form(self, form: Form) -> None:
        form.fields["default_vat_rate"].picker_url = ""
        self._offer_templates(form)
        if (duration := form.fields.get("recurring_duration")) is not None:
            months = int(setting("default_recurring_duration"))
            words = ngettext("%(num)s month", "%(num)s months", months)
            duration.inherit = Inherit(
                _("Inherited from the application: %(value)s", value=words),
                _("Application: %(value)s", value=words),
                str(months),
            )

    def _offer_templates(self, form: Form) -> None:
        """A select of the fitting templates; a warning where none is chosen."""
        fields = [field for name, field in form.fields.items() if name.endswith(TEMPLATE)]
        company_id = (request.view_args or {})["pk"]  # a form filled in from another has no row
        found = settings.usable_templates(company_id) if fields else []
        unsent = {} if all(field.text for field in fields) else settings.unsent(company_id)
        for field in fields:
            kind = field.name.removesuffix(TEMPLATE)
            field.picker_url, chosen = "", field.text
            ids = {option.value for option in field.options}
            field.options += [
                Option(str(one.id), str(one), str(one.id) == chosen)
                for one in found
                if one.kind == kind and str(one.id) not in ids
            ]
            if not chosen:
                field.warning = _not_sent(unsent.get(kind, 0))
            elif (pk := parse_number(chosen)) is not None:  # not what a refused form made up
                url = url_for("TemplateView.show", pk=pk)
                field.actions = [Action(_("Preview and test"), url, "mail")]

    def complete(self, page: SettingsPage, row: CompanySettings) -> None:
        page.company = Field("company", "", "company", row.company, row.company.name)
        page.company.initials, page.company.hue = (
            initials(row.company.name),
            hue_of(row.company_id),
        )
        page.company_url = self.page_of(row.company)
        year = today(row.company.time_zone).year
        coming = {
            f"{kind}_numbering": number
            for kind, number in settings.coming_numbers(row, year).items()
        }
        for one in (field for group in page.groups for field in group.fields):
            if one.name in coming:
                one.help = _("Next number: %(number)s", number=coming[one.name])
        source = self._source()
        if source is not None:
            text = _("Copied from %(company)s; nothing is saved yet.", company=source.company)
            page.notes.append(Note("info", text))
        page.actions = [] if page.readonly else self._copies(row)

    def _copies(self, row: CompanySettings) -> list[Action]:
        """A menu of other companies to fill in the form from."""
        statement = select(Company.id, Company.name).where(Company.id != row.company_id)
        others = self.datamodel.session.execute(statement.order_by(Company.name_key)).all()
        here = self.return_url(row)
        children = [Action(name, f"{here}?from={pk}") for pk, name in others]
        return [Action(_("Copy from …"), "", "copy", children=children)] if children else []
