"""/opportunities: list, record and form. Source: spec 7."""

from collections.abc import Mapping
from typing import Any, ClassVar

from flask import abort, jsonify, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from crm.accounts.models import Account
from crm.companies.days import today
from crm.core import rows
from crm.core.actor import current_actor
from crm.core.datamodel import DataModel
from crm.core.datamodel.filters import ME
from crm.core.forms import Form
from crm.core.views import Action, Field, FieldGroup, FormPage, Panel, Preset, RecordPage
from crm.core.views.address import ListAddress
from crm.opportunities import display, fields, services
from crm.opportunities.models import (
    FROZEN_WHEN_CLOSED,
    LINKS_FROZEN_WHEN_CLOSED,
    Opportunity,
)
from crm.opportunities.moving_views import OpportunityMoves
from crm.opportunities.preview import preview
from crm.opportunities.queries import amounts_of, open_stages, stays_of

READ_ONLY_WHEN_CLOSED = {*FROZEN_WHEN_CLOSED, *LINKS_FROZEN_WHEN_CLOSED, "stage"}


class OpportunityView(OpportunityMoves):
    """Opportunities."""

    datamodel = DataModel(Opportunity, services.RULES)
    route_base = "/opportunities"
    class_permission_name = "opportunities"
    taken = _l("Opportunity assigned to you")
    setting_columns = fields.SWITCHES
    method_actions: ClassVar[Mapping[str, str]] = {
        **OpportunityMoves.method_actions, "preview": "read",
    }  # fmt: skip
    outcome_columns = services.GIVEN_AT_CREATION
    readonly_in_place = ("stage",)
    state_column = "stage"
    editors_only = ("memo",)
    tab_of = ("account", "contact")
    tab_position = 30
    icon = "trending-up"
    entity_name = _l("Opportunity")
    list_title = _l("Opportunities")
    add_title = _l("Create an opportunity")
    edit_title = _l("Edit the opportunity")
    empty_title = _l("No opportunities yet")
    empty_text = _l("An opportunity is a possible sale, with its amount and stage.")

    presets = (
        Preset("mine", _l("My opportunities"), [("owner", 0, [ME]), ("stage.kind", 0, ["open"])]),
        Preset("open", _l("Open opportunities"), [("stage.kind", 0, ["open"])]),
        Preset("closed", _l("Closed opportunities"), [("stage.kind", 1, ["open"])]),
    )
    list_columns, order_columns, search_columns = fields.LIST, fields.ORDER, fields.SEARCH
    annotated_columns = ("expected_close_on", "next_event_at")
    unlisted_filters = (
        "stage.kind", "forecast_on", "lead", "passage", *fields.OF_CLIENT, *fields.OF_LEAD,
    )  # fmt: skip
    phone_columns = ("amount",)
    filter_labels, column_css = fields.FILTER_LABELS, fields.COLUMN_CSS
    base_order = (("stage", "asc"), ("expected_close_on", "asc"))
    sum_columns = ("amount", "recurring_amount")
    headline = ("account", "contact", "owner", "score", "expected_close_on")
    journal_icons: ClassVar[Mapping[str, str]] = {
        **OpportunityMoves.journal_icons, "stage_id": "trending-up",
    }  # fmt: skip
    widths = fields.WIDTHS
    add_fieldsets = edit_fieldsets = fields.FORM
    show_fieldsets, side_fieldsets = fields.RECORD, fields.SIDE
    record_relations = ("stage", "account.notes_changed_by", "lead.converted_by")

    def first_tab(self) -> str:
        return _("Description")

    def moving_words(self, count: int, merged: type[Any]) -> str:
        return ngettext(
            "%(num)s opportunity moves to it.", "%(num)s opportunities move to it.", count
        )

    # What is shown ──────────────────────────────────────────────────────────────────────────────

    def field_of(self, row: Opportunity, name: str) -> Field:
        found = super().field_of(row, name)
        if name == "expected_close_on" and not row.is_closed and row.expected_close_on:
            is_late = row.expected_close_on < today()
            found.tone, found.warning = ("late", _("Overdue")) if is_late else ("", "")
        if name == "next_event_at" and row.is_closed and row.next_event_at is None:
            found.text = ""  # not shown once it is closed
        return found

    def groups(self, row: Opportunity, sets: Any) -> list[FieldGroup]:
        groups = super().groups(row, sets)
        for group in groups:
            group.fields = [f for f in group.fields if f.name not in fields.CLOSING or f.text]
            for field in group.fields:
                if display.is_usual(row, field.name):
                    field.value, field.text = None, ""  # folded with the empty fields
        return [group for group in groups if group.fields]

    def record_page(self, row: Opportunity) -> RecordPage:
        page = super().record_page(row)
        display.sign(page.headline)
        page.figures = display.figures(row)
        if row.is_closed:
            page.headline.insert(0, self.field_of(row, "stage"))
            return page
        stages = self.open_stages()
        url = (
            (lambda stage: self.act_url("move", row, stage_pk=stage.id)) if page.edit_url else None
        )
        page.stages = display.steps(row, stages, url)
        return page

    def fill_first_tab(self, page: RecordPage, row: Opportunity) -> None:
        super().fill_first_tab(page, row)
        if self.visible(["client_description"]):
            client = display.client_description(row, self.notes_url(row.account))
            lead_url = self.page_of(row.lead) or "" if row.lead is not None else ""
            lead = display.lead_description(row, lead_url)
            page.read_panels = [panel for panel in (lead, client) if panel is not None]
        stays = display.stays_panel(self.datamodel.session.scalars(stays_of(row)))
        page.panels += [stays] if stays else []

    def notes_url(self, account: Account | None) -> str:
        """The URL of the account whose notes the actor may edit, else ""."""
        if account is None or not rows.may(self.datamodel.session, "edit", account):
            return ""
        return self.page_of(account) or ""

    # On the record of an account or a contact ───────────────────────────────────────────────────

    def actions_on(self, parent: Any, relation: str) -> list[Action]:
        if not self.can("create"):
            return []
        url = self.url("add", **{relation: parent.id})
        return [Action(_("Create an opportunity"), url, self.icon, primary=relation == "account")]

    def panel_on(self, parent: Any, relation: str) -> Panel | None:
        if relation != "account":
            return None
        found = self.datamodel.session.execute(amounts_of(parent))
        sums = display.sums(found, lambda kind, currency: self._summed_url(parent, kind, currency))
        return Panel(self.words("list_title"), figures=sums) if sums else None

    def _summed_url(self, account: Account, kind: str, currency: str) -> str | None:
        """The list of the opportunities in a sum; None where another company is chosen."""
        if current_actor().active_company_id not in (None, account.company_id):
            return None
        about = ("account", 0, (str(account.id),))
        address = ListAddress(self.key, self.url("list"))
        return address.url(
            filters=[about, ("stage.kind", 0, (kind,)), ("currency", 0, (currency,))]
        )

    # The form ───────────────────────────────────────────────────────────────────────────────────

    def edit_names(self, row: Opportunity) -> list[str]:
        names = super().edit_names(row)
        if row.is_closed:
            names = [
                n for n in names if n not in {*READ_ONLY_WHEN_CLOSED, *fields.RECURRING_FIGURES}
            ]
        return names

    def prepare_form(self, form: Form) -> None:
        """Offer open stages only: winning and losing need their dialogs."""
        if "stage" in form.fields:
            form.fields["stage"].limit_to(self.datamodel.session.scalars(open_stages()))
        if form.row is None and request.method == "GET" and "probability" in form.fields:
            form.fields["probability"].texts = [""]
        if form.row is None and "probability" in form.fields:
            form.fields["probability"].help = _("Leave empty to use the stage's.")
        if "recurring_duration" in form.fields:
            form.fields["recurring_duration"].help = _(
                "Leave empty to use the default from the settings."
            )
            form.fields["recurring_duration"].unit = _("months")

    def form_page(self, *args: Any, **kwargs: Any) -> FormPage:
        page = super().form_page(*args, **kwargs)
        page.preview_url = self.url("preview") if self.visible(fields.RECURRING) else ""
        return page

    @expose("/preview", methods=("POST",))
    @has_access
    def preview(self) -> ResponseReturnValue:
        """JSON: the recurring figures of the unsaved form."""
        if not self.visible(fields.RECURRING):
            abort(404)
        return jsonify(preview(self.datamodel, request.form))
