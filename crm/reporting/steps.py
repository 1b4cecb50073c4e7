"""The first steps of a new installation, each ticked by what is there; later slices add theirs."""

from collections.abc import Mapping
from dataclasses import dataclass

from babel.numbers import get_currency_name
from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.companies.services.company import FIRST
from crm.core.actor import Scope, current_actor
from crm.core.db import db
from crm.core.models.codes import city_time
from crm.core.models.locale import locale
from crm.core.models.text import format_number
from crm.reporting.queries import installed


@dataclass
class Step:
    """A line of the list: what is there, or what it is for."""

    title: str
    text: str
    is_done: bool
    url: str
    label: str  # of the button, while it is not done


def first_steps() -> list[Step]:
    """The steps, for who may take them; none once all are done, or the list was hidden."""
    actor = current_actor()
    if not actor.settings.get("first_steps") or not may_set_up():
        return []
    company_id = actor.company.id if actor.company is not None else None
    there = {key: int(count) for key, count in db.session.execute(installed(company_id))}
    steps = [
        _company(), _users(there), _record(there), _settings(there), _logo(there), _mail(),
        _templates(there),
    ]  # fmt: skip
    steps.sort(key=lambda step: not step.is_done)
    return [] if all(step.is_done for step in steps) else steps


def may_set_up() -> bool:
    """Whether the actor may change settings and people."""
    actor = current_actor()
    return all(actor.widest_scope("edit", one) is Scope.ALL for one in ("settings", "users"))


def _company() -> Step:
    company = current_actor().company
    if company is None or (company.name, company.code) == (FIRST["name"], FIRST["code"]):
        text = _("Its name, address and currency appear on quotes.")
        url = url_for("CompanyView.edit", pk=company.id) if company else url_for("CompanyView.add")
        return Step(_("Company"), text, False, url, _("Name the company"))
    currency = get_currency_name(company.currency, locale=locale())
    text = f"{company.name}, {currency}, {city_time(company.time_zone)}"
    return Step(_("Company"), text, True, url_for("CompanyView.show", pk=company.id), "")


def _users(there: Mapping[str, int]) -> Step:
    title, url = _("Users and roles"), url_for("UserView.list")
    if there["users"] < 2:
        text = _("Everyone signs in with their own account and the rights of their roles.")
        return Step(title, text, False, url_for("UserView.add"), _("Create a user"))
    people = ngettext("%(num)s user", "%(num)s users", there["users"])
    roles = ngettext("%(num)s role", "%(num)s roles", there["roles"])
    return Step(title, f"{people}, {roles}", True, url, "")


def _settings(there: Mapping[str, int]) -> Step:
    text = _("Recurring revenue, agencies, catalogues: switch on what you use.")
    url = url_for("AppSettingsView.app")
    return Step(_("CRM settings"), text, bool(there["settings"]), url, _("Set up the CRM"))


def _record(there: Mapping[str, int]) -> Step:
    title = _("First record")
    if not there["leads"] + there["accounts"]:
        text = _("Create a lead, or import a file with the command crm import.")
        return Step(title, text, False, url_for("LeadView.add"), _("Create a lead"))
    leads, accounts = (format_number(there[key]) for key in ("leads", "accounts"))
    text = _(
        "Leads: %(leads)s, prospects and clients: %(accounts)s", leads=leads, accounts=accounts
    )
    return Step(title, text, True, url_for("LeadView.list"), "")


def _logo(there: Mapping[str, int]) -> Step:
    """Done once the active company has a logo."""
    company = current_actor().company
    text = _("At the head of quotes and e-mails.")
    if company is None:
        return Step(_("Logo"), text, False, url_for("CompanyView.add"), _("Name the company"))
    is_done = bool(there["logos"])
    method = "show" if is_done else "edit"
    url = url_for(f"CompanyView.{method}", pk=company.id)
    return Step(_("Logo"), text, is_done, url, _("Add the logo"))


def _mail() -> Step:
    """Done once the installation names a mail server; `crm doctor` says whether it answers."""
    server = current_app.extensions["crm.config"].mail
    text = _("Set MAIL_URL, then try it with crm doctor. Until then e-mails wait in the outbox.")
    if server is not None:
        text = _("E-mails leave through %(host)s.", host=server.host)
    return Step(_("Mail server"), text, server is not None, url_for("MessageView.list"), _("View"))


def _templates(there: Mapping[str, int]) -> Step:
    """Done once one of the templates is the default of its kind."""
    title, url = _("E-mail templates"), url_for("TemplateView.list")
    count = there["templates"]
    if there["default_templates"]:
        text = ngettext("%(num)s template", "%(num)s templates", count)
        return Step(title, text, True, url, "")
    text = ngettext(
        "%(num)s template is there to be read again. Make one the default.",
        "%(num)s templates are there to be read again. Make one the default.",
        count,
    )
    return Step(title, text, False, url, _("Read the templates"))
