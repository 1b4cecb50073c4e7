"""/reference/<name>/: every vocabulary, by one view class."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_appbuilder.hooks import before_request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import pgettext

from crm.companies import vocabulary
from crm.core.actor import Scope, current_actor
from crm.core.datamodel import DataModel
from crm.core.datamodel.rules import PLAIN, Rules
from crm.core.db import transaction
from crm.core.errors import DomainError, NotFound
from crm.core.forms import Form
from crm.core.models import Label, Reference
from crm.core.models.text import parse_number
from crm.core.views import Action, ModelView, RecordPage
from crm.core.views.address import ListAddress
from crm.core.views.base import PK, flash_saved
from crm.core.views.editable import EditableRows
from crm.core.views.pages import ListPage
from crm.core.views.prefill import Prefill


class ReferenceView(ModelView):
    """A vocabulary: its rows in order, with name, use and the model's further columns."""

    class_permission_name = "reference"
    exclude_route_methods = ModelView.exclude_route_methods | {"bin", "restore", "totals"}
    method_actions: ClassVar[Mapping[str, str]] = {
        "up": "edit", "down": "edit", "place": "edit",
    }  # fmt: skip
    menu_endpoint = "ReferenceIndexView"
    icon = "list-details"
    add_title = _l("Add a value")
    edit_title = _l("Edit the value")
    empty_title = _l("No values yet")
    empty_text = _l("These values are offered in forms and filters.")
    base_order = ("position", "asc")
    line_class = EditableRows
    column_css: ClassVar[Mapping[str, str]] = {"active": "w-ref"}

    def can(self, action: str) -> bool:
        """Vocabularies are of all companies, so changes need scope `all`."""
        held = current_actor().widest_scope(action, self.class_permission_name)
        return held is Scope.ALL if action != "read" else bool(held)

    @before_request
    def _for_all(self) -> ResponseReturnValue | None:
        method = (request.endpoint or "").rpartition(".")[2]
        if not self.can(self.method_permission_name.get(method, "read")):
            abort(403)
        return None

    @expose(f"/up/{PK}", methods=("POST",))
    @has_access
    def up(self, pk: int) -> ResponseReturnValue:
        return self._move(pk, -1)

    @expose(f"/down/{PK}", methods=("POST",))
    @has_access
    def down(self, pk: int) -> ResponseReturnValue:
        return self._move(pk, 1)

    @expose(f"/place/{PK}", methods=("POST",))
    @has_access
    def place(self, pk: int) -> ResponseReturnValue:
        """Put a row after or before the one that is posted; by script, which moved it already."""
        name = "after" if "after" in request.form else "before"
        neighbour = parse_number(request.form.get(name, ""))
        row = self.row(pk, "edit")
        if neighbour is None:
            abort(400)
        try:
            with transaction():
                vocabulary.move_beside(row, neighbour, after=name == "after")
        except NotFound:
            raise
        except DomainError as error:
            flash(error.message, "danger")  # of the page, which the script loads again
            return "", 422
        return "", 204

    def to_record(self, row: Any, message: str = "", undo_url: str = "") -> ResponseReturnValue:
        """A value is edited in its list, and has little to show on a page of its own."""
        flash_saved(message)
        return redirect(self.url("list"), 303)

    def added(self, row: Any, message: str) -> ResponseReturnValue:
        """The next row is open: a vocabulary is mostly filled with several values at once."""
        flash_saved(message)
        return redirect(self.url("add"), 303)

    def add_page(self, form: Form, given: Prefill, status: int = 200) -> ResponseReturnValue:
        """The list, with the form of the new value as its last row."""
        page = self.list_page(ListAddress(self.key, self.url("list"), last=True), full=True)
        page.new_row = self.form_page(
            form, self.words("add_title"), self.url("add"), self.url("list"), "add"
        )
        page.empty = page.add_url = ""
        return self.render(self.list_template, status, page=page, form=form)

    def saved_cell(self, row: Any, name: str) -> ResponseReturnValue:
        """A change of its kind may have moved the row."""
        return self.cell(row, name, vocabulary.before(row) if name == "kind" else None)

    def _move(self, pk: int, step: int) -> ResponseReturnValue:
        row = self.row(pk, "edit")
        with transaction():
            vocabulary.move(row, step)
        return redirect(self.url("list"), 303)

    def row_actions(self, row: Any) -> list[Action]:
        if not self.may("edit", row):
            return []
        return [
            Action(pgettext("action", "Open"), self.url("show", pk=row.id), "eye"),
            Action(_("Move up"), self.url("up", pk=row.id), "arrow-up", "post"),
            Action(_("Move down"), self.url("down", pk=row.id), "arrow-down", "post"),
        ]

    def list_page(self, *args: Any, **kwargs: Any) -> ListPage:
        page = super().list_page(*args, **kwargs)
        page.crumbs = self.breadcrumbs()[:-1]
        return page

    def record_page(self, row: Any) -> RecordPage:
        page = super().record_page(row)
        page.crumbs = self.breadcrumbs()
        return page

    def breadcrumbs(self, row: Any = None) -> list[tuple[str, str]]:
        return [(_("Reference data"), url_for("ReferenceIndexView.all")), *super().breadcrumbs(row)]


def reference_view(
    model: type[Reference],
    address: str,
    title: Label,
    rules: Rules = PLAIN,
    extras: Sequence[str] = (),
    **said: Any,
) -> type[ReferenceView]:
    """The view class of a vocabulary at /reference/<address>; `extras` are further columns.

    `said` are attributes of the class.
    """
    names = ["name", *extras, "active"]
    fieldsets = [("", {"fields": names})]
    declared = {
        "__doc__": str(model.__doc__),
        "__module__": model.__module__,
        "datamodel": DataModel(model, rules),
        "route_base": f"/reference/{address}",
        "list_title": title,
        "list_columns": names,
        "search_columns": [name for name in ("kind", "type", "active") if name in names],
        **dict.fromkeys(("show_fieldsets", "add_fieldsets", "edit_fieldsets"), fieldsets),
        **said,
    }
    return type(f"{model.__name__}View", (ReferenceView,), declared)
