"""/catalogs/sendings: a catalogue to several people, and the tab of what somebody got. Spec 10."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import ColumnElement

from crm.catalog.models import Catalog
from crm.companies.defaults import current_user_or_none
from crm.core.actor import current_actor
from crm.core.datamodel import DataModel
from crm.core.errors import DomainError
from crm.core.models import target_of
from crm.core.models.text import parse_number
from crm.core.views import Action, Field, FieldGroup, FormPage, ModelView
from crm.core.views.form import SHOW
from crm.mail import display
from crm.mail.models import Message
from crm.mail.services import RULES
from crm.sending import catalogs, undoing
from crm.sending.catalog_form import LABELS, CatalogForm
from crm.sending.form import token_of
from crm.sending.revoking import revoke_action, valid_links

AGAIN = "again"  # in the query string: the token of a sending that was undone


@dataclass
class CatalogLetterPage(FormPage):
    """The form, with who gets it and who does not."""

    recipients: catalogs.Recipients | None = None


class SentCatalogView(ModelView):
    """The catalogues that were sent, on the records of those who got them."""

    datamodel = DataModel(Message, RULES)
    route_base = "/catalogs/sendings"
    class_permission_name = "messages"
    setting = "manage_catalogs"
    exclude_route_methods = ModelView.exclude_route_methods | {
        "show", "neighbors", "row_menu", "add", "edit", "field", "delete", "bin", "restore",
        "export", "list", "index",
    }  # fmt: skip
    method_actions: ClassVar[Mapping[str, str]] = {"send": "create", "undo": "edit"}
    icon = "book-2"
    list_title = _l("Catalogues sent")
    empty_title = _l("Nothing sent yet")
    tab_of = ("contact", "account", "lead", "catalog")
    tab_position = 46
    tab_titles: ClassVar[Mapping[str, Any]] = {"catalog": _l("Sendings")}
    tab_without: ClassVar[Mapping[str, Any]] = {"catalog": ("catalog",)}
    list_columns = ["subject", "catalog", "to_name", "state", "opened_at", "owner", "created_on"]
    list_relations = ("catalog_links",)
    order_columns: Sequence[str] = ()
    search_columns: Sequence[str] = ()
    picked_columns = tuple(LABELS)
    base_order = ("created_on", "desc")
    state_column = "state"

    def has_page_of(self, row: Message) -> bool:
        return False

    def tab_conditions(self) -> list[ColumnElement[bool]]:
        return [Message.catalog_id.is_not(None)]

    def field_of(self, row: Message, name: str) -> Field:
        found = super().field_of(row, name)
        if name == "state":
            display.sign(row, found)
        return found

    def row_actions(self, row: Message) -> list[Action]:
        may = bool(valid_links(row)) and self.may("edit", row)
        return [revoke_action(row)] if may else []

    def actions_on(self, parent: Any, relation: str) -> list[Action]:
        if relation != "catalog" or not self.can("create"):
            return []
        return [Action(_("Send"), self.url("send", catalog=parent.id), "send", primary=True)]

    # Sending ────────────────────────────────────────────────────────────────────────────────────

    @expose("/send", methods=("GET", "POST"))
    @has_access
    def send(self) -> ResponseReturnValue:
        """Who gets the catalogue (GET), who is left out (POST), and its sending (POST again)."""
        catalog: Catalog = self._catalog()
        company = catalog.company_id or current_actor().company_ids[0]
        names = [name for name in LABELS if self._reads(name)]
        form = CatalogForm(
            self.datamodel, self.picker_base(), catalogs.templates_of(company), names
        )
        if request.method == "GET":
            again = undoing.sent_with(catalog, request.args.get(AGAIN, ""))
            return self._asked(catalog, form.fill(undoing.people_of(again)))
        form.read(request.form)
        try:
            form.check()
        except DomainError as error:
            form.refuse(error.message, error.fields)
        if not form.is_read:
            return self._asked(catalog, form, status=422)
        people = {name: form.chosen(name) for name in LABELS}
        chosen = catalogs.recipients(catalog, people, form.template)
        is_shown = request.form.get("shown") == form.digest and SHOW not in request.form
        author = current_user_or_none()
        if not is_shown or not chosen.people or author is None:
            return self._asked(catalog, form, chosen)
        token = token_of(request.form)
        try:
            letters = list(catalogs.letters(catalog, chosen.people, form.template, author, token))
            count = catalogs.send_all(letters)
        except DomainError as error:  # sent once more, those that left already do not leave again
            form.refuse(error.message, error.fields, error.status)
            return self._asked(catalog, form, chosen, status=form.status)
        text = ngettext(
            "%(num)s e-mail leaves in 10 seconds", "%(num)s e-mails leave in 10 seconds", count
        )
        return self.to_record(catalog, text, self.url("undo", catalog=catalog.id, token=token))

    @expose("/undo", methods=("POST",))
    @has_access
    def undo(self) -> ResponseReturnValue:
        """Cancel the mails of a sending that have not left, and open its form again."""
        catalog, token = self._catalog(), request.args.get("token", "")
        mails = undoing.sent_with(catalog, token)
        if not mails:
            abort(404)
        count = undoing.take_back(mails)
        flash(ngettext("%(num)s e-mail not sent", "%(num)s e-mails not sent", count), "success")
        if late := len(mails) - count:
            text = ngettext(
                "%(num)s e-mail had already left", "%(num)s e-mails had already left", late
            )
            flash(text, "warning")
        return redirect(self.url("send", catalog=catalog.id, **{AGAIN: token}), 303)

    def _catalog(self) -> Any:
        pk = parse_number(request.args.get("catalog", ""))
        return (self.datamodel.get_related_obj("catalog", pk) if pk else None) or abort(404)

    def _reads(self, relation: str) -> bool:
        return current_actor().can("read", target_of(Message, relation).__entity__)

    def _asked(
        self,
        catalog: Catalog,
        form: CatalogForm,
        chosen: catalogs.Recipients | None = None,
        status: int = 200,
    ) -> ResponseReturnValue:
        form.load_choices()
        url = self.page_of(catalog) or "/"
        has_people = chosen is not None and bool(chosen.people)
        page = CatalogLetterPage(
            title=_("Send the catalogue"),
            action=self.url("send", catalog=catalog.id),
            crumbs=[(str(catalog), url)],
            groups=[FieldGroup("", list(form.fields.values()))],
            cancel_url=url,
            submit_label=_("Send") if has_people else _("Continue"),
            draft_key="",
            hidden=[("token", token_of(request.form))],
            form_errors=form.form_errors,
            errors=form.summary,
            recipients=chosen,
        )
        if has_people:
            page.hidden.append(("shown", form.digest))
        return self.render("sending/catalog.html", status, page=page, form=form, row=catalog)
