"""/contacts: people, and what they do for which accounts. Source: spec 6."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from flask import request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from crm.accounts.badges import opt_out_badges
from crm.accounts.models import Account, AccountContact, Contact
from crm.accounts.services import contact as services
from crm.accounts.services import merging
from crm.core.actor import current_actor
from crm.core.datamodel import DataModel
from crm.core.datamodel.filters import ME
from crm.core.datamodel.saving import check_version
from crm.core.db import transaction
from crm.core.errors import DomainError
from crm.core.forms import Form
from crm.core.views import PK, Action, Field, FormPage, ModelView, Preset, RecordPage
from crm.core.views.merging import MergePages
from crm.duplicates.views import DuplicatePages


class ContactForm(Form):
    """The form of a contact; `asks_main`: whether it asks to replace a main contact."""

    asks_main = False


def _is_led(link: Mapping[str, Any]) -> bool:
    return bool(link.get("is_main") and link.get("account"))


class ContactView(DuplicatePages, MergePages, ModelView):
    """People who work for accounts, or for none yet."""

    datamodel = DataModel(Contact, services.RULES)
    route_base = "/contacts"
    class_permission_name = "contacts"
    setting_columns: ClassVar[Mapping[str, str]] = {"agency": "manage_agencies"}
    method_actions: ClassVar[Mapping[str, str]] = {"make_client": "edit"}
    merge_rules = merging.CONTACTS
    tab_of = ("accounts",)
    tab_position = 10
    tab_without: ClassVar[Mapping[str, Sequence[str]]] = {"accounts": ("main_account",)}
    children: ClassVar[Mapping[str, Sequence[str]]] = {
        "links": ("account", "job_title", "department", "role", "is_main")
    }
    icon = "address-book"
    entity_name = _l("Contact")
    list_title = _l("Contacts")
    add_title = _l("Create a contact")
    edit_title = _l("Edit the contact")
    empty_title = _l("No contacts yet")
    empty_text = _l("A contact is a person who works for a prospect or a client.")

    presets = (
        Preset("mine", _l("My contacts"), [("owner", 0, [ME])]),
        Preset("unassigned", _l("Unassigned contacts"), [("owner", 2, [""])]),
        Preset("alone", _l("Without account"), [("accounts", 2, [""])]),
        Preset("all", _l("All contacts"), []),
    )
    list_columns = [
        "name", "main_account", "main_job", "phone", "mobile", "email", "owner", "agency",
        "company", "last_event_at",
    ]  # fmt: skip
    list_relations = ("links.account", "links.job_title")
    annotated_columns = ("main_account",)
    order_columns = ["name", "owner", "agency", "last_event_at"]
    base_order = ("name", "asc")
    search_columns = [
        "owner", "owner.groups", "accounts", "agency", "company", "language", "do_not_call",
        "do_not_email", "last_event_at", "next_event_at", "created_on",
    ]  # fmt: skip
    duplicate_columns = ("main_account", "email", "phone", "mobile", "owner")
    duplicate_relations = ("links.account",)
    headline = ("main_account", "main_job", "owner")
    widths: ClassVar[Mapping[str, str]] = {
        "civility": "w2", "first_name": "w2", "last_name": "w2", "address": "w6", "notes": "w6",
        "links": "w6",
    }  # fmt: skip
    edit_fieldsets: ClassVar[Any] = [
        (_l("Contact details"), {"fields": [
            "civility", "first_name", "last_name", "email", "phone", "mobile", "language",
            "linkedin", "address", "do_not_call", "do_not_email",
        ]}),
        (_l("Accounts"), {"fields": ["links"]}),
        (_l("Follow-up"), {"fields": ["company", "owner", "agency", "reports_to"]}),
        (_l("Notes"), {"fields": ["notes"]}),
    ]  # fmt: skip
    add_fieldsets = edit_fieldsets
    show_fieldsets: ClassVar[Any] = [edit_fieldsets[0], edit_fieldsets[1], edit_fieldsets[3]]
    side_fieldsets: ClassVar[Any] = [
        (_l("Follow-up"), {"fields": ["owner", "agency", "company", "reports_to", "last_event_at"]})
    ]

    def first_tab(self) -> str:
        return _("Contact details")

    def field_of(self, row: Contact, name: str) -> Field:
        shown = super().field_of(row, name)
        if name == "links":
            shown.items = [self._link(link) for link in row.links]
        if name == "main_account" and shown.text and row.main_link is not None:
            shown.url = self.page_of(row.main_link.account)
        return shown

    def _link(self, link: AccountContact) -> Field:
        """An account, and what the person does there."""
        if link.account is None:
            return Field("account", "", "reference", missing=True)
        shown = Field("account", "", "reference", link.account, str(link.account))
        shown.url = self.page_of(link.account)
        main = _("Main contact") if link.is_main else ""
        shown.meta = " · ".join(
            str(part) for part in (link.job_title, link.department, link.role, main) if part
        )
        return shown

    def record_page(self, row: Contact) -> RecordPage:
        page = super().record_page(row)
        page.headline += opt_out_badges(row)
        return page

    def merge_details(self, row: Contact) -> str:
        parts = (row.main_account, row.main_job, super().merge_details(row))
        return " · ".join(part for part in parts if part)

    def moving_words(self, count: int, merged: type[Any]) -> str:
        if merged is Contact:
            return ngettext(
                "%(num)s person who reports to them moves to it.",
                "%(num)s people who report to them move to it.",
                count,
            )
        return ngettext("%(num)s contact moves to it.", "%(num)s contacts move to it.", count)

    # A second main contact ──────────────────────────────────────────────────────────────────────

    def form(self, names: list[str], row: Any = None) -> ContactForm:
        return ContactForm(
            self.datamodel,
            names,
            picker=self.picker_base(),
            widths=self.widths,
            children=self.children,
        )

    def before_save(self, form: Form) -> None:
        """Ask before an account's main contact is replaced (spec 6.3)."""
        super().before_save(form)
        led = [one["account"].id for one in form.values.get("links") or () if _is_led(one)]
        said = services.taken(led, form.row.id if form.row is not None else None) if led else ""
        if said and services.REPLACE not in request.form:
            form.asks_main = True  # type: ignore[attr-defined]  # a ContactForm
            said = _("%(taken)s Save again to replace them.", taken=said)
            raise DomainError(fields={"links": said})
        if said:
            form.values[services.REPLACE] = True

    def form_page(self, form: Form, *args: Any) -> FormPage:
        page = super().form_page(form, *args)
        if getattr(form, "asks_main", False):
            page.hidden.append((services.REPLACE, "1"))
            page.submit_label = _("Replace and save")
        return page

    # An individual client ───────────────────────────────────────────────────────────────────────

    def record_menu(self, row: Contact, editable: bool) -> list[Action]:
        menu = super().record_menu(row, editable)
        may_create = editable and current_actor().can("create", Account.__entity__)
        if may_create and not services.is_individual_client(row):
            label = _("Convert the contact into an individual client")
            menu.insert(0, Action(label, self.act_url("make_client", row), "user-check", "post"))
        return menu

    @expose(f"/make_client/{PK}", methods=("POST",))
    @has_access
    def make_client(self, pk: int) -> ResponseReturnValue:
        contact = self.row(pk, "edit")
        version = self.checked_version(contact)
        with transaction():
            check_version(contact, version)
            account = services.make_individual_client(contact)
        message = _("%(account)s is now a client", account=account)
        return self.to_record(account, message)

    def prepare_form(self, form: Form) -> None:
        if "links" in form.fields:
            form.fields["links"].add_label = _("Account")
