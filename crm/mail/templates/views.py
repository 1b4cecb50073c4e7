"""/templates: the texts of e-mails, their preview and test. Source: spec 13.1."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from flask import request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.core.actor import current_actor
from crm.core.datamodel import DataModel
from crm.core.forms import Form
from crm.core.models.codes import language_name
from crm.core.models.text import parse_number
from crm.core.views import PK, Action, FormPage, ModelView, Note, RecordPage
from crm.mail.models import Template
from crm.mail.services import templates as services
from crm.mail.templates import variables
from crm.mail.templates.previews import Preview, preview, recent_records


@dataclass
class TemplateForm(FormPage):
    """The form, with the variables of each kind beside it."""

    kind: str = ""
    variables: list[tuple[str, list[tuple[str, list[tuple[str, str, str]]]]]] = field(
        default_factory=list
    )


@dataclass
class TemplatePage(RecordPage):
    """A template filled in with a record, in one of its languages."""

    preview: Preview | None = None
    records: list[tuple[str, str, bool]] = field(default_factory=list)  # id, name, chosen
    languages: list[tuple[str, str, bool]] = field(default_factory=list)


class TemplateView(ModelView):
    """The templates of e-mails."""

    datamodel = DataModel(Template, services.RULES)
    route_base = "/templates"
    class_permission_name = "templates"
    method_actions: ClassVar[Mapping[str, str]] = {"reset": "edit", "test": "read"}
    readonly_in_place = ("subject", "body", "kind")
    icon = "template"
    entity_name = _l("Template")
    list_title = _l("Templates")
    add_title = _l("Create a template")
    edit_title = _l("Edit the template")
    empty_title = _l("No templates yet")
    empty_text = _l("A template is the text of an e-mail, with variables filled in when it leaves.")

    list_columns = ["name", "kind", "company", "is_default", "active", "changed_on"]
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
    edit_fieldsets = add_fieldsets
    show_fieldsets: ClassVar[Any] = []
    side_fieldsets: ClassVar[Any] = [
        (_l("Settings"), {"fields": ["kind", "company", "add_signature", "is_default", "active"]}),
    ]

    def form_page(self, form: Form, title: str, action: str, cancel_url: str, key: str) -> FormPage:
        plain = super().form_page(form, title, action, cancel_url, key)
        page = TemplateForm(**vars(plain))
        page.kind = form.fields["kind"].text
        page.variables = [(kind, list(_listed(kind))) for kind in variables.ABOUT]
        return page

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
        filled = [code for code in row.body if row.body[code]]
        asked = (request.args.get("language", ""), current_actor().language, *filled)
        language = next((code for code in asked if code in filled), "")
        page.languages = [(code, language_name(code), code == language) for code in filled]
        page.preview = preview(row, chosen, language)

    def notice(self, row: Template) -> Note | None:
        """Where it is used, or that it is not."""
        used = services.used_by(row)
        if used:
            names = ", ".join(dict.fromkeys(company.name for company, _setting in used))
            return Note("info", _("Sent by: %(companies)s", companies=names))
        if row.kind not in services.CHOSEN_AS.values():
            return super().notice(row)
        text = _("Not used: no company has chosen this template.")
        return Note("warn", text)

    def record_actions(self, row: Template) -> list[Action]:
        test = Action(_("Send me a test"), self.act_url("test", row), "mail", "post", primary=True)
        if row.shipped is None or not self.may_edit(row):
            return [test]
        reset = Action(
            _("Reset to the shipped text"), self.act_url("reset", row), "restore", "post"
        )
        return [reset, test]

    @expose(f"/reset/{PK}", methods=("POST",))
    @has_access
    def reset(self, pk: int) -> ResponseReturnValue:
        row = self.row(pk, "edit")
        return self.perform(row, lambda: services.reset(row), _("Shipped text restored"))

    @expose(f"/test/{PK}", methods=("POST",))
    @has_access
    def test(self, pk: int) -> ResponseReturnValue:
        row = self.row(pk)
        language = current_actor().language
        return self.perform(
            row, lambda: services.send_test(row, language), _("A test was sent to you")
        )


def _listed(kind: str) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """The variables of a kind by what they belong to: name, label, example."""
    for one in variables.entities(kind):
        yield (
            str(one.label),
            [(f"{one.name}.{v.name}", str(v.label), str(v.example)) for v in one.variables],
        )
