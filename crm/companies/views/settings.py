"""The base of the settings pages: one row, its options in sections, its journal below."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.companies.views.options import (
    Section,
    SettingsForm,
    controlling_options,
    names_of,
    placed,
)
from crm.core.forms import Form
from crm.core.views import Action, FieldGroup, FormPage, ModelView
from crm.core.views.base import flash_saved
from crm.core.views.pages import HistoryEntry

SHOWN = 20  # entries of the journal


@dataclass
class SettingsPage(FormPage):
    """Everything templates/companies/settings.html places."""

    effect: str = ""
    readonly: bool = False
    history: list[HistoryEntry] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    companies: list[Any] = field(default_factory=list)
    recurring: bool = False  # whether recurring revenue is managed
    company: Any = None
    company_url: str | None = None


class SettingsPages(ModelView):
    """The page of a row that always exists: a form only, without list and bin."""

    class_permission_name = "settings"
    exclude_route_methods = ModelView.exclude_route_methods | {
        "add", "bin", "delete", "edit", "export", "field", "index", "list", "restore", "show",
        "totals", "row_menu", "neighbors",
    }  # fmt: skip
    menu_endpoint = "AppSettingsView"
    icon = "adjustments-horizontal"
    sections: ClassVar[Sequence[Section]] = ()

    def __init__(self, **kwargs: Any) -> None:
        self.edit_columns = names_of(self.sections)
        super().__init__(**kwargs)

    def answer(self, row: Any) -> ResponseReturnValue:
        """The page (GET) for whoever may read, its saving (POST) for whoever may edit."""
        if request.method == "POST" and not self.may("edit", row):
            abort(403)
        return self.change(row)

    def form(self, names: list[str], row: Any = None) -> Form:
        form = SettingsForm(self.datamodel, names, picker=self.picker_base())
        form.openers = controlling_options(self.sections)
        return form

    def form_page(self, form: Form, title: str, action: str, cancel_url: str, key: str) -> FormPage:
        plain = super().form_page(form, title, action, cancel_url, key)
        page = SettingsPage(**vars(plain))
        page.groups = [
            FieldGroup(str(title), [placed(option, form.fields) for option in shown])
            for title, options in self.sections
            if (shown := [o for o in options if all(n in form.fields for n in o.names())])
        ]
        page.effect = _("Changes apply to everyone at their next click.")
        return page

    def render(self, template: str, status: int = 200, **context: Any) -> ResponseReturnValue:
        page, row = context.get("page"), context.get("row")
        if isinstance(page, SettingsPage):
            page.readonly = not self.may("edit", row)
            page.history = [entry for entry in self.history_of(row) if entry.changes][:SHOWN]
            self.complete(page, row)
        return super().render(template, status, **context)

    def complete(self, page: SettingsPage, row: Any) -> None:
        """A hook to complete the page around the options."""

    def to_record(self, row: Any, message: str = "", undo_url: str = "") -> ResponseReturnValue:
        flash_saved(message)
        return redirect(self.return_url(row), 303)

    def changed_message(self, row: Any) -> str:
        return _("Settings saved")
