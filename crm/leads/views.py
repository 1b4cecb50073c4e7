"""/leads: list, record and form of leads."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from flask import request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from crm.accounts.badges import opt_out_badges
from crm.core.datamodel import DataModel
from crm.core.datamodel.filters import ME
from crm.core.forms import Form
from crm.core.views import (
    PK,
    Action,
    Field,
    FieldGroup,
    Preset,
    RecordPage,
    SheetPages,
    choices_of,
)
from crm.core.views.merging import MergePages
from crm.duplicates.views import DuplicatePages
from crm.leads import services
from crm.leads.conversion.views import ConversionPages
from crm.leads.forms import CANCEL_EVENTS, LoseLead
from crm.leads.highlights import highlight
from crm.leads.models import Lead, LeadStatusKind
from crm.leads.queries import open_statuses
from crm.leads.services import is_stale, merging

# Shown where they are filled.
ENDS = (
    "lost_reason", "lost_comment", "account", "contact", "opportunity", "converted_on",
    "converted_by",
)  # fmt: skip


class LeadView(DuplicatePages, MergePages, SheetPages, ConversionPages):
    """Leads, from the first call to the conversion or the loss."""

    datamodel = DataModel(Lead, services.RULES)
    route_base = "/leads"
    class_permission_name = "leads"
    taken = _l("Lead assigned to you")
    setting_columns: ClassVar[Mapping[str, str]] = {"agency": "manage_agencies"}
    method_actions: ClassVar[Mapping[str, str]] = dict.fromkeys(
        (
            "lose",
            "reopen",
            "take_charge",
            "change_status",
            "convert",
            "conversion_outlook",
            "undo_conversion",
        ),
        "edit",
    )
    picked_columns = (*MergePages.picked_columns, "account", "contact")  # of the conversion
    outcome_columns = services.GIVEN_AT_CREATION
    readonly_in_place = ("status",)
    merge_rules = merging.RULES
    state_column = "status"
    icon = "target-arrow"
    entity_name = _l("Lead")
    list_title = _l("Leads")
    add_title = _l("Create a lead")
    edit_title = _l("Edit the lead")
    empty_title = _l("No leads yet")
    empty_text = _l(
        "A lead is a person or a company that has shown interest and is not yet a client."
    )

    presets = (
        Preset("mine", _l("My leads"), [("owner", 0, [ME]), ("status.kind", 0, ["open"])]),
        Preset("open", _l("Open leads"), [("status.kind", 0, ["open"])]),
        Preset("closed", _l("Closed leads"), [("status.kind", 1, ["open"])]),
    )
    list_columns = [
        "person", "organization", "phone", "email", "received_on", "owner", "agency",
        "company", "status", "score", "next_event_at",
    ]  # fmt: skip
    order_columns = [
        "person", "organization", "received_on", "owner", "agency", "status", "score",
        "next_event_at",
    ]  # fmt: skip
    base_order = ("received_on", "desc")
    search_columns = [
        "status", "status.kind", "owner", "owner.groups", "source", "agency", "company", "score",
        "category", "industry", "country", "city", "received_on", "created_on", "tags",
        "do_not_call", "key_account", "lost_reason", "last_event_at",
    ]  # fmt: skip
    filter_labels: ClassVar[Mapping[str, Any]] = {"status.kind": _l("Status")}
    unlisted_filters = ("status.kind",)
    annotated_columns = ("owner", "next_event_at")
    headline = ("status", "owner", "score")
    journal_icons: ClassVar[Mapping[str, str]] = {
        **ConversionPages.journal_icons, "status_id": "circle-check",
    }  # fmt: skip
    widths: ClassVar[Mapping[str, str]] = {
        "civility": "w2", "first_name": "w2", "last_name": "w2", "address": "w6",
        "postal_code": "w2", "city": "w2", "country": "w2", "tags": "w6", "description": "w6",
        "status_note": "w6",
    }  # fmt: skip
    contact: ClassVar[list[str]] = [
        "civility", "first_name", "last_name", "organization", "job_title", "email", "phone",
        "mobile", "department", "website", "address", "postal_code", "city", "country",
    ]  # fmt: skip
    edit_fieldsets: ClassVar[Any] = [
        (_l("Contact details"), {"fields": contact}),
        (_l("Follow-up"), {"fields": [
            "company", "status", "owner", "received_on", "agency", "status_note",
        ]}),
        (_l("Marketing"), {"fields": [
            "source", "source_note", "score", "company_size", "industry", "category", "tags",
            "description", "key_account", "nurturing", "do_not_call", "do_not_email",
        ]}),
    ]  # fmt: skip
    add_fieldsets = edit_fieldsets
    show_fieldsets: ClassVar[Any] = [
        (_l("Contact details"), {"fields": contact}),
        (_l("Qualification"), {"fields": [
            "received_on", "industry", "category", "status_note", "key_account", "nurturing",
            "do_not_call", "do_not_email", "description",
        ]}),
    ]  # fmt: skip
    side_fieldsets: ClassVar[Any] = [
        (_l("Converted into"), {"fields": [
            "account", "contact", "opportunity", "converted_on", "converted_by",
        ]}),
        (_l("Follow-up"), {"fields": [
            "owner", "agency", "company", "status", "lost_reason", "lost_comment", "last_event_at",
        ]}),
        (_l("Marketing"), {"fields": ["score", "company_size", "source", "source_note", "tags"]}),
    ]  # fmt: skip

    duplicate_columns = ("status", "city", "phone", "email", "owner")

    def first_tab(self) -> str:
        return _("Contact details")

    # What is shown ──────────────────────────────────────────────────────────────────────────────

    def field_of(self, row: Lead, name: str) -> Field:
        shown = super().field_of(row, name)
        highlight(row, shown)
        return shown

    def is_plain(self, row: Lead) -> bool:
        return not is_stale(row)

    def groups(self, row: Lead, sets: Any) -> list[FieldGroup]:
        groups = super().groups(row, sets)
        for group in groups:
            group.fields = [f for f in group.fields if f.name not in ENDS or _is_told(f)]
        return [group for group in groups if group.fields]

    def record_page(self, row: Lead) -> RecordPage:
        page = super().record_page(row)
        page.headline += opt_out_badges(row)
        if page.edit_url and row.status.kind == LeadStatusKind.OPEN:
            statuses = self.datamodel.session.scalars(open_statuses())
            page.headline[0].choices = choices_of(statuses, row.status)
            page.headline[0].action = self.act_url("change_status", row)
        return page

    def record_actions(self, row: Lead) -> list[Action]:
        actions = self._taking(row)
        if row.is_converted and self.may("edit", row):
            return self.undoing(row)
        if not self.may_edit(row):
            return actions
        if row.status.kind == LeadStatusKind.OPEN:
            lose = self.url("lose", pk=row.id)
            actions.append(Action(_("Lose"), lose, "circle-x", opens_dialog=True))
            actions += [replace(one, primary=True) for one in self.converting(row)]
        if row.status.kind == LeadStatusKind.LOST:
            url = self.act_url("reopen", row)
            actions.append(Action(_("Reopen"), url, "restore", "post", primary=True))
        return actions

    def take(self, row: Lead) -> None:
        services.take_charge(row)

    def row_actions(self, row: Lead) -> list[Action]:
        actions = self._taking(row)
        if not self.may_edit(row):
            return actions
        return [*actions, *self.converting(row), *super().row_actions(row)]

    def _taking(self, row: Lead) -> list[Action]:
        """The button "Take charge" of an open lead that is unassigned."""
        is_open = row.status.kind == LeadStatusKind.OPEN
        is_offered = is_open and row.owner_id is None and self.can("edit")
        return [self.taking_charge(row)] if is_offered else []

    def may_edit(self, row: Lead) -> bool:
        return super().may_edit(row) and not row.is_converted

    def in_place(self, row: Lead) -> list[str]:
        """Nothing of a converted lead; what an old page still sends is refused with the reason."""
        return [] if row.is_converted and request.method == "GET" else super().in_place(row)

    def head_actions(self, row: Lead) -> list[Action]:
        """On a converted lead nothing is created any more: what it became has the buttons."""
        return self.record_actions(row) if row.is_converted else super().head_actions(row)

    def fill_tab(self, page: RecordPage, row: Lead, chosen: str) -> None:
        super().fill_tab(page, row, chosen)
        if row.is_converted and page.related is not None:
            page.related.add_url = ""

    def change(self, row: Lead) -> ResponseReturnValue:
        """The form; of a converted lead an old one is still compared, and refused."""
        if row.is_converted and request.method == "GET":
            return self.refused(row, _("This lead is converted and can no longer be changed."))
        return super().change(row)

    def prepare_form(self, form: Form) -> None:
        """Offer open statuses only: losing a lead needs its dialog."""
        if "status" in form.fields:
            form.fields["status"].limit_to(self.datamodel.session.scalars(open_statuses()))

    def merge_details(self, row: Lead) -> str:
        return f"{row.status} · {super().merge_details(row)}"

    def moving_words(self, count: int, merged: type[Any]) -> str:
        return ngettext("%(num)s lead moves to it.", "%(num)s leads move to it.", count)

    # Verbs ──────────────────────────────────────────────────────────────────────────────────────

    @expose(f"/change_status/{PK}", methods=("POST",))
    @has_access
    def change_status(self, pk: int) -> ResponseReturnValue:
        lead = self.row(pk, "edit")
        status = self.posted_related("status")
        return self.perform(lead, lambda: self.datamodel.update(lead, {"status": status}))

    @expose(f"/lose/{PK}", methods=("GET", "POST"))
    @has_access
    def lose(self, pk: int) -> ResponseReturnValue:
        lead = self.row(pk, "edit")
        dialog = LoseLead(self.datamodel, lead, self.picker_base())

        def lose() -> None:
            services.lose(lead, cancel_events=dialog.is_checked(CANCEL_EVENTS), **dialog.values)

        refusal = services.losing_refusal(lead)
        return self.perform_with_dialog(lead, dialog, lose, undo="reopen", refusal=refusal)

    @expose(f"/reopen/{PK}", methods=("POST",))
    @has_access
    def reopen(self, pk: int) -> ResponseReturnValue:
        lead = self.row(pk, "edit")
        return self.perform(lead, lambda: services.reopen(lead), _("Lead reopened"))


def _is_told(field: Field) -> bool:
    """Whether it is filled, be it with a record that the reader may not see."""
    return bool(field.text or field.missing)
