"""/prospects and /clients: two views of one table, by the kind of account. Source: spec 5."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from flask import abort, redirect, request
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement

from crm.accounts.badges import opt_out_badges
from crm.accounts.models import Account, AccountContact, AccountKind
from crm.accounts.queries import contacts_of, open_statuses
from crm.accounts.services import account as services
from crm.accounts.services.prospects import OUTCOME
from crm.accounts.views import display, fields
from crm.accounts.views.archiving import ARCHIVED, ArchivePages
from crm.accounts.views.handing_over import HandOverPages
from crm.accounts.views.merging import AccountMerging
from crm.accounts.views.statuses import STATUS_VERBS, StatusPages
from crm.accounts.views.tree import tree_of
from crm.core.datamodel import DataModel
from crm.core.datamodel.filters import ME
from crm.core.forms import Form
from crm.core.models import Label
from crm.core.views import (
    Field,
    FieldGroup,
    ModelView,
    Preset,
    RecordPage,
    SheetPages,
    SheetTable,
)
from crm.core.views.base import view_of
from crm.core.views.pages import ListPage
from crm.core.views.prefill import Prefill
from crm.duplicates.views import DuplicatePages

MINE = [("owner", 0, [ME])]
NOBODY = [("owner", 2, [""])]
STATUSES = "manage_prospect_status"


class AccountView(
    HandOverPages, ArchivePages, StatusPages, DuplicatePages, AccountMerging, SheetPages
):
    """What both views share: everything but the kind and the labels."""

    kind: ClassVar[AccountKind]
    without: ClassVar[Sequence[str]] = ()  # columns of the other kind
    datamodel = DataModel(Account, services.RULES)
    class_permission_name = "accounts"
    setting_columns = fields.SWITCHES
    method_actions: ClassVar[Mapping[str, str]] = dict.fromkeys(
        (*STATUS_VERBS, "move_agency", "change_owner", "archive", "unarchive"), "edit"
    )
    outcome_columns = OUTCOME
    filter_labels: ClassVar[Mapping[str, Label]] = {"prospect_status.kind": _l("Status")}
    unlisted_filters = (*ArchivePages.unlisted_filters, "prospect_status.kind")
    journal_icons: ClassVar[Mapping[str, str]] = {
        **ModelView.journal_icons, "prospect_status_id": "circle-check",
    }  # fmt: skip
    children: ClassVar[Mapping[str, Sequence[str]]] = {"addresses": fields.ADDRESS}
    list_columns, order_columns, search_columns = fields.LIST, fields.ORDER, fields.SEARCH
    list_relations = ("addresses",)
    column_css = fields.COLUMN_CSS
    annotated_columns = ()  # agencies are shown without an icon in lists
    base_order = ("name", "asc")
    headline = ("score", "owner", "agency", "prospect_status")
    widths = fields.WIDTHS
    readonly_in_place = ("agency", "prospect_status")
    add_fieldsets = edit_fieldsets = fields.FORM
    show_fieldsets = fields.RECORD
    record_relations = ("notes_changed_by",)
    duplicate_columns = ("reference", "kind", "city", "phone", "owner")
    duplicate_relations = ("addresses",)
    tab_titles: ClassVar[Mapping[str, Label]] = {"parent": _l("Subsidiaries")}
    tab_empty_titles: ClassVar[Mapping[str, Label]] = {"parent": _l("No subsidiaries yet")}

    # Which accounts ─────────────────────────────────────────────────────────────────────────────

    def base_conditions(self) -> list[ColumnElement[bool]]:
        return [*super().base_conditions(), Account.kind == self.kind]

    def has_page_of(self, row: Account) -> bool:
        return row.kind == self.kind

    def redirect_to_own_view(self, row: Account) -> None:
        """Redirect links to a prospect that became a client (or the reverse), forms included."""
        if request.method == "GET":
            method = str(request.endpoint).rpartition(".")[2]
            url = view_of(row).url(method, **(request.view_args or {}))
            # Appended as text: as keyword arguments they could set any option of url_for.
            asked = urlencode([*request.args.items(multi=True)])
            abort(redirect(f"{url}?{asked}" if asked else url))

    def prefill(self, form: Form) -> Prefill:
        found = super().prefill(form)
        found.values["kind"] = self.kind
        return found

    # What is shown ──────────────────────────────────────────────────────────────────────────────

    def field_of(self, row: Account, name: str) -> Field:
        found = super().field_of(row, name)
        if name == "agency":
            found.icon = "map-pin"
        return found

    def line_name(self, row: Account, text: str) -> str:
        return str(row)  # the first name has a column of its own

    def record_page(self, row: Account) -> RecordPage:
        page = super().record_page(row)
        page.headline = [display.kind_badge(row), *page.headline, *opt_out_badges(row)]
        for field in page.headline:
            if field.name == "agency":
                field.url = None  # shown without a link
        display.mark_owner(row, page.headline)
        self.offer_statuses(page, row)
        return page

    def groups(self, row: Account, sets: Any) -> list[FieldGroup]:
        return display.arrange(row, super().groups(row, sets), self.edit_address(row))

    def edit_address(self, row: Account) -> str:
        return self.url("edit", pk=row.id) if self.may_edit(row) else ""

    def fill_first_tab(self, page: RecordPage, row: Account) -> None:
        super().fill_first_tab(page, row)
        found = contacts_of(row).where(AccountContact.is_main.is_(True))
        link = self.datamodel.session.scalars(found).first()
        contact = display.main_contact(link, self.page_of)
        page.panels += [contact] if contact else []

    def as_tab(self, parent: Any, relation: str, path: str, tab: str) -> ListPage:
        page = super().as_tab(parent, relation, path, tab)
        if relation == "parent":
            page.above, page.above_template = tree_of(parent, self.page_of), "accounts/tree.html"
        return page

    def sheet_tables(self, row: Account) -> list[SheetTable]:
        found = contacts_of(row).limit(display.MOST_ON_PAPER)
        return display.contacts_on_paper(self.datamodel.session.scalars(found))

    def export_names(self) -> list[str]:
        return [*super().export_names(), *fields.AMOUNTS]

    # The form ───────────────────────────────────────────────────────────────────────────────────

    def edit_names(self, row: Account) -> list[str]:
        """The dialog asks what goes along to another agency, so that it is no field of the form."""
        absent = {"agency", *self.without}
        return [name for name in super().edit_names(row) if name not in absent]

    def add_names(self) -> list[str]:
        return [name for name in super().add_names() if name not in self.without]

    def prepare_form(self, form: Form) -> None:
        """Offer open statuses only: losing a prospect needs its dialog."""
        display.prepare(form)
        if "prospect_status" in form.fields:
            form.fields["prospect_status"].limit_to(self.datamodel.session.scalars(open_statuses()))


class ProspectView(AccountView):
    """Accounts that have not bought yet."""

    kind = AccountKind.PROSPECT
    route_base = "/prospects"
    # Prospects are merged on the page of clients.
    exclude_route_methods = AccountView.exclude_route_methods | {"merge", "merge_effects"}
    icon = "building-store"
    entity_name = _l("Prospect")
    list_title = _l("Prospects")
    add_title = _l("Create a prospect")
    edit_title = _l("Edit the prospect")
    empty_title = _l("No prospects yet")
    empty_text = _l("A prospect is a qualified account that has not bought yet.")
    presets = (
        Preset("mine", _l("My prospects"), MINE),
        Preset("unassigned", _l("Unassigned prospects"), NOBODY),
        Preset("open", _l("Open prospects"), [("prospect_status.kind", 0, ["open"])], STATUSES),
        Preset("closed", _l("Closed prospects"), [("prospect_status.kind", 1, ["open"])], STATUSES),
        Preset("all", _l("All prospects"), []),
        ARCHIVED,
    )


class ClientView(AccountView):
    """Accounts that bought."""

    kind = AccountKind.CLIENT
    without = ("prospect_status",)
    list_columns = [name for name in fields.LIST if name != "prospect_status"]
    order_columns = [name for name in fields.ORDER if name != "prospect_status"]
    route_base = "/clients"
    tab_of = ("parent",)
    tab_position = 90
    icon = "building-skyscraper"
    entity_name = _l("Client")
    list_title = _l("Clients")
    add_title = _l("Create a client")
    edit_title = _l("Edit the client")
    empty_title = _l("No clients yet")
    empty_text = _l("A prospect becomes a client with its first won opportunity.")
    presets = (
        Preset("mine", _l("My clients"), MINE),
        Preset("unassigned", _l("Unassigned clients"), NOBODY),
        Preset("all", _l("All clients"), []),
        ARCHIVED,
    )
