"""/templates: the texts of e-mails, their preview and test. Source: spec 13.1."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from flask import request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.core.actor import current_actor
from crm.core.forms import Form
from crm.core.models.codes import language_name
from crm.core.models.text import parse_number
from crm.core.views import PK, Action, Field, FormPage, Note, RecordPage
from crm.mail.models import Template
from crm.mail.services import queue
from crm.mail.services import templates as services
from crm.mail.services.checking import checked
from crm.mail.templates.files import PageWithFiles, TemplateFiles
from crm.mail.templates.forms import template_form
from crm.mail.templates.previews import Preview, preview, recent_records
from crm.mail.templates.usage import changed_words, settings_url, used_by_panel


@dataclass
class TemplatePage(PageWithFiles):
    """A template filled in with a record, in one of its languages."""

    preview: Preview | None = None
    records: list[tuple[str, str, bool]] = field(default_factory=list)  # id, name, chosen
    languages: list[tuple[str, str, bool]] = field(default_factory=list)


class TemplateView(TemplateFiles):
    """The templates of e-mails."""

    route_base = "/templates"
    class_permission_name = "templates"
    method_actions: ClassVar[Mapping[str, str]] = {
        **TemplateFiles.method_actions, "reset": "edit", "test": "read",
    }  # fmt: skip
    readonly_in_place = ("subject", "body", "kind")
    icon = "template"
    entity_name = _l("Template")
    list_title = _l("Templates")
    add_title = _l("Create a template")
    edit_title = _l("Edit the template")
    empty_title = _l("No templates yet")
    empty_text = _l("A template is the text of an e-mail, with variables filled in when it leaves.")

    list_columns = ["name", "kind", "company", "is_default", "active", "changed_on"]
    column_css: ClassVar[Mapping[str, str]] = {
        "company": "w-next", "is_default": "w-flag", "active": "w-flag",
    }  # fmt: skip
    order_columns = ["changed_on"]
    base_order = ("kind", "asc")
    search_columns = ["kind", "company", "active", "is_default"]
    headline = ("kind", "active")
    show_template = "mail/template.html"
    record_class = TemplatePage
    add_template = edit_template = "mail/template_form.html"
    widths: ClassVar[Mapping[str, str]] = {"name": "w6", "subject": "w6", "body": "w6"}
    add_fieldsets: ClassVar[Any] = [
        (_l("Settings"), {"fields": ["name", "kind", "company", "is_default", "active"]}),
        (_l("Content"), {"fields": ["subject", "body", "add_signature"]}),
    ]
    # A new one has a kind first, which decides the variables.
    edit_fieldsets: ClassVar[Any] = add_fieldsets[::-1]
    show_fieldsets: ClassVar[Any] = []
    side_fieldsets: ClassVar[Any] = [
        (_l("Settings"), {"fields": ["kind", "company", "add_signature", "is_default", "active"]}),
    ]

    def form_page(self, form: Form, title: str, action: str, cancel_url: str, key: str) -> FormPage:
        return template_form(super().form_page(form, title, action, cancel_url, key), form)

    def before_save(self, form: Form) -> None:
        super().before_save(form)
        checked(form.values)

    # The record ─────────────────────────────────────────────────────────────────────────────────

    def first_tab(self) -> str:
        return _("Preview")

    def fill_first_tab(self, page: RecordPage, row: Template) -> None:
        super().fill_first_tab(page, row)
        if not isinstance(page, TemplatePage):
            return
        records = recent_records(row.kind)
        wanted = parse_number(request.args.get("record", ""))
        chosen = next((one for one in records if one.id == wanted), next(iter(records), None))
        page.records = [(str(one.id), str(one), one is chosen) for one in records]
        language = _shown_language(row)
        page.languages = [(code, language_name(code), code == language) for code in _filled(row)]
        page.preview = preview(row, chosen, language)

        self.fill_files(page, row)

        used = services.used_by(row)
        page.panels += [used_by_panel(used)] if used else []

    def record_page(self, row: Template) -> RecordPage:
        page = super().record_page(row)
        page.headline.append(Field("changed", _("Changed"), "text", text=changed_words(row)))
        return page

    def notice(self, row: Template) -> Note | None:
        """That nobody sends it, with the way to choose it."""
        if row.kind not in services.CHOSEN_AS.values() or services.used_by(row):
            return super().notice(row)
        text = _("Not used: no company has chosen this template, no e-mail is made from it.")
        actor = current_actor()
        company = actor.company_of(row.company_id) or actor.company
        if company is None or not row.active:
            return Note("warn", text)
        label = _("Choose it for %(company)s", company=company.name)
        return Note("warn", text, settings_url(company.id, f"{row.kind}_template"), label)

    def record_actions(self, row: Template) -> list[Action]:
        test = Action(
            _("Send me a test"), self.act_url("test", row), "mail", "post", primary=True,
            values=[("language", _shown_language(row))],
        )  # fmt: skip
        if row.shipped is None or not self.may_edit(row):
            return [test]
        asked = _(
            "Name, subject and content become those that came with the application, in every "
            "language. What was written instead is lost."
        )
        label, url = _("Reset to the shipped text"), self.act_url("reset", row)
        return [Action(label, url, "restore", "post", confirm=asked), test]

    @expose(f"/reset/{PK}", methods=("POST",))
    @has_access
    def reset(self, pk: int) -> ResponseReturnValue:
        row = self.row(pk, "edit")
        return self.perform(row, lambda: services.reset(row), _("Shipped text restored"))

    @expose(f"/test/{PK}", methods=("POST",))
    @has_access
    def test(self, pk: int) -> ResponseReturnValue:
        row = self.row(pk)
        asked = request.form.get("language", "")
        language = asked if asked in _filled(row) else current_actor().language
        mail = services.test_mail(row, language)  # filled in before the transaction

        def send() -> None:
            queue(mail)

        return self.perform(row, send, _("A test was sent to you"))


def _filled(row: Template) -> list[str]:
    """The languages that a template is written in."""
    return [code for code in row.body if row.body[code]]


def _shown_language(row: Template) -> str:
    """The language of the preview: the one asked for, else the reader's own, else the first."""
    filled = _filled(row)
    asked = (request.args.get("language", ""), current_actor().language, *filled)
    return next((code for code in asked if code in filled), "")
