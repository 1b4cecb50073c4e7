"""/quotes. Source: spec 8."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from flask import abort, jsonify, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from crm.core.actor import current_actor
from crm.core.datamodel import DataModel
from crm.core.datamodel.filters import ME
from crm.core.files.serving import answer
from crm.core.forms import Form
from crm.core.views import PK, Action, Field, FieldGroup, FormPage, Preset, RecordPage
from crm.core.views.sheet import pdf_response
from crm.opportunities.models import Opportunity, StageKind
from crm.quotes import display, fields
from crm.quotes.models import UNANSWERED, Quote, QuoteStatus
from crm.quotes.pdf import render
from crm.quotes.preview import preview
from crm.quotes.services import quote as services
from crm.quotes.services.approval import ABOVE, may_approve
from crm.quotes.services.lines import RECURRING
from crm.quotes.views.links import QuoteLinks
from crm.quotes.views.versions import QuoteVersions, VersionedPage

PDF = "pdf"  # the key of a tab
TO_APPROVE = Preset(
    "to_approve",
    _l("Needs approval"),
    [
        ("status", 0, [QuoteStatus.DRAFT]),
        ("approved_by", 2, []),
        ("largest_discount", 0, [ABOVE]),
    ],
)


class QuoteView(QuoteLinks, QuoteVersions):
    """Quotes."""

    datamodel = DataModel(Quote, services.RULES)
    route_base = "/quotes"
    class_permission_name = "quotes"
    setting_columns: ClassVar[Mapping[str, str]] = {
        "agency": "manage_agencies",
        **{f"lines.{name}": "manage_recurring" for name in RECURRING},
    }
    method_actions: ClassVar[Mapping[str, str]] = {
        **QuoteVersions.method_actions,
        **QuoteLinks.method_actions,
        "preview": "read",
        "signed": "read",
        "pdf": "read",
    }
    children: ClassVar[Mapping[str, Sequence[str]]] = {"lines": fields.LINE}
    live_columns = fields.TOTALS
    tab_of = ("account", "contact", "opportunity")
    tab_position = 40
    icon = "file-invoice"
    entity_name = _l("Quote")
    list_title = _l("Quotes")
    add_title = _l("Create a quote")
    edit_title = _l("Edit the quote")
    empty_title = _l("No quotes yet")
    empty_text = _l("A quote offers items and their prices to a client or prospect.")

    presets = (
        Preset("mine", _l("My quotes"), [("owner", 0, [ME])]),
        Preset(
            "waiting",
            _l("Awaiting an answer"),
            [("status", 0, UNANSWERED)],
            order=("valid_until", "asc"),
        ),
        Preset(
            "expiring",
            _l("Expire within 7 days"),
            [("status", 0, UNANSWERED), ("valid_until", 5, ["today", "+7"])],
            order=("valid_until", "asc"),
        ),
        TO_APPROVE,
        Preset("all", _l("All quotes"), []),
    )
    list_columns, order_columns, search_columns = fields.LIST, fields.ORDER, fields.SEARCH
    column_css = fields.COLUMN_CSS
    phone_columns = ("total_excl",)
    annotated_columns = ("number", "status", "valid_until")
    state_column = "status"
    base_order = ("issued_on", "desc")
    sum_columns = ("total_excl", "total_incl")
    headline = ("status", "account", "contact", "owner", "valid_until")
    widths = fields.WIDTHS
    add_fieldsets = edit_fieldsets = fields.FORM
    add_template = edit_template = "quotes/form.html"
    show_template = "quotes/record.html"
    show_fieldsets, side_fieldsets = fields.RECORD, fields.SIDE
    record_class = VersionedPage
    record_relations = ("lines.unit", "lines.vat_rate")

    def first_tab(self) -> str:
        return _("Lines")

    def moving_words(self, count: int, merged: type[Any]) -> str:
        return ngettext("%(num)s quote moves to it.", "%(num)s quotes move to it.", count)

    # What is shown ──────────────────────────────────────────────────────────────────────────────

    def field_of(self, row: Quote, name: str) -> Field:
        found = super().field_of(row, name)
        if name == "status":
            found.kind = "status"
            found.glyph, found.hue = display.SIGNS[row.status]
        if name == "number":
            found.text = self.line_name(row, "")
        if name == "signed_pdf" and row.signed_pdf is not None:
            found = Field(name, found.label, "text", row.signed_pdf, row.signed_pdf.file_name)
            found.url = self.url("signed", pk=row.id)
        if name == "valid_until":
            display.mark_validity(row, found)
        return found

    def groups(self, row: Quote, sets: Any) -> list[FieldGroup]:
        """What became of the quote is shown once there is something."""
        groups = super().groups(row, sets)
        for group in groups:
            group.fields = [f for f in group.fields if f.name not in fields.OUTCOME or f.text]
        return [group for group in groups if group.fields]

    def record_page(self, row: Quote) -> RecordPage:
        page = super().record_page(row)
        display.sign(page.headline)
        page.figures = display.figures(row)
        if row.version > 1:
            page.headline.insert(1, display.version(row))
        if row.is_draft:
            display.tell_approval(page, row)
            if page.notice is not None and may_approve():
                page.notice.url = self.preset_url(TO_APPROVE)
                page.notice.url_label = _("All quotes that need approval")
        return page

    def line_name(self, row: Quote, text: str) -> str:
        return row.reference or (_("Draft") if row.is_draft else _("No number"))

    def fill_first_tab(self, page: RecordPage, row: Quote) -> None:
        super().fill_first_tab(page, row)
        if isinstance(page, display.QuotePage):
            display.fill(page, row)

    @expose(f"/signed/{PK}")
    @has_access
    def signed(self, pk: int) -> ResponseReturnValue:
        """The PDF that the customer signed."""
        return answer(self.row(pk).signed_pdf or abort(404), inline=True)

    @expose(f"/pdf/{PK}")
    @has_access
    def pdf(self, pk: int) -> ResponseReturnValue:
        """The PDF that was frozen; of a draft, as it would be now."""
        row = self.row(pk, names=("pdf", *self.record_relations))
        if row.pdf is not None:
            return answer(row.pdf, inline=True)
        number = None if row.is_draft else row.number  # finalised before documents were kept
        return pdf_response(render(row, number, row.version), str(row))

    def extra_tabs(self) -> Mapping[str, Any]:
        return {**super().extra_tabs(), PDF: _l("PDF")}

    def fill_extra_tab(self, page: RecordPage, row: Quote, chosen: str) -> None:
        super().fill_extra_tab(page, row, chosen)
        if chosen == PDF and isinstance(page, display.QuotePage):
            page.pdf_url = self.url("pdf", pk=row.id)

    # On the record of an account, a contact or an opportunity ───────────────────────────────────

    def actions_on(self, parent: Any, relation: str) -> list[Action]:
        if not self.can("create") or relation == "contact":
            return []
        label = _("Create a customer quote")
        if isinstance(parent, Opportunity):
            label = _("Create a quote")
            if parent.account_id is None or parent.stage.kind == StageKind.LOST:
                return []
        return [Action(label, self.url("add", **{relation: parent.id}), self.icon)]

    # The form ───────────────────────────────────────────────────────────────────────────────────

    def prepare_form(self, form: Form) -> None:
        if "lines" in form.fields:
            lines = form.fields["lines"]
            lines.table = fields.line_table(current_actor().is_enabled("manage_recurring"))
            currency = form.fields["currency"].text if "currency" in form.fields else ""
            for line in [*lines.rows, lines.blank_row]:
                cells = lines.cells(line)
                for name in fields.PRICED:
                    cells[name].unit = currency or cells[name].unit

    def form_page(self, form: Form, *args: Any, **kwargs: Any) -> FormPage:
        page = super().form_page(form, *args, **kwargs)
        page.preview_url = self.url("preview", **form.around)
        page.bar_figure = ("total_incl", _("Total incl. tax"))
        return page

    @expose("/preview", methods=("POST",))
    @has_access
    def preview(self) -> ResponseReturnValue:
        """JSON: the figures of the unsaved form."""
        return jsonify(preview(self.datamodel, request.form, request.args.get("company", "")))
