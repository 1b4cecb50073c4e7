"""/X/field/<id>/<name>: in-place editing of one value, on the record page or in a list."""

from typing import Any

from flask import abort, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access

from crm.core.db import transaction
from crm.core.errors import Conflict, DomainError
from crm.core.forms import Form, FormField
from crm.core.models import find_spec, spec_of
from crm.core.views.base import PK
from crm.core.views.conflict import ConflictPages, stored_values
from crm.core.views.display import Field
from crm.core.views.editable import EditableRows, cell_tags
from crm.core.views.facts import fold, shown_above
from crm.core.views.pages import Column, RecordPage
from crm.core.views.versions import ConcurrentEdit, posted_version


class InPlacePages(ConflictPages):
    """In-place editing of one value."""

    def edit_names(self, row: Any) -> list[str]:
        """The fields that may be changed now; the company is chosen once, at creation."""
        return [name for name in self.visible(self.edit_columns or ()) if name != "company"]

    def in_place(self, row: Any) -> list[str]:
        """The fields of the edit form that may be changed on the record itself."""
        apart = {*self.readonly_in_place, *self.children}
        model, names = self.datamodel.obj, self.edit_names(row)
        specs = {name: spec_of(model, name) for name in names if name not in apart}
        return [n for n, spec in specs.items() if not (spec.readonly or spec.kind.is_file)]

    @expose(f"/field/{PK}/<name>", methods=("GET", "POST"))
    @has_access
    def field(self, pk: int, name: str) -> ResponseReturnValue:
        """The input of one value (GET), and its saving (POST)."""
        row = self.row(pk, "edit")
        if name not in self.in_place(row):
            abort(404)
        form = Form(self.datamodel, [name], picker=self.picker_base(), widths=self.widths)
        form.set_context(row)
        before = stored_values(row, [name])
        if request.method == "GET":
            return self._field_edit(row, form.fill(before), name)
        version = posted_version()
        ok = form.read(request.form, before)
        told = self.concurrent_edit(row, version, self.compared_names())
        if told is not None:
            return self._field_again(row, form, name, told)
        try:
            saved = ok and self._saved(row, form)
        except Conflict:
            row = self.row(pk, "edit")
            told = self.concurrent_edit(row, version, self.compared_names())
            return self._field_again(row, form, name, told or ConcurrentEdit())
        if saved:
            return self._field_read(row, name)
        return self._field_edit(self.row(pk, "edit"), form, name, form.status)

    def saved_cell(self, row: Any, name: str) -> ResponseReturnValue:
        """The saved cell of a list."""
        return self.cell(row, name)

    def cell(self, row: Any, name: str, after: int | None = None) -> str:
        """A saved cell; where the change has moved its row, `after` is the id of the one before."""
        return EditableRows(self, self._columns()).cell(row, name, saved=here_path(), after=after)

    def _columns(self) -> list[Column]:
        return self.columns(self.address(self.url("list")))

    def _column(self, name: str) -> Column | None:
        """The column of the list in which the value is edited; None on the record's page."""
        if "cell" not in request.args:
            return None
        return next((one for one in self._columns() if one.name == name), None)

    def _field_read(self, row: Any, name: str) -> ResponseReturnValue:
        """The saved field, and what this change may affect elsewhere on the page."""
        if self._column(name) is not None:
            return self.saved_cell(row, name)
        page = self.record_page(row)
        shown = {**self._below(page, row), **shown_above(page)}
        field = shown.pop(name, None) or self.field_of(row, name)
        field.editable, field.folded = True, False
        return self.render(
            "core/parts/field_read.html",
            field=field,
            page=page,
            others=[one for one in shown.values() if _is_computed(row, one)],
        )

    def _below(self, page: RecordPage, row: Any) -> dict[str, Field]:
        """The fields below the tabs, where the first of them is open, by name."""
        if "tab=" in request.headers.get("HX-Current-URL", ""):
            return {}
        groups = [group for part in self.facts(page, row) for group in part]
        page.folded = fold(type(row), groups)
        return {one.name: one for group in groups for one in group.fields}

    def _saved(self, row: Any, form: Form) -> bool:
        version = row.row_version
        try:
            with transaction():
                self.datamodel.update(row, form.values, version)
        except Conflict:
            raise
        except DomainError as error:
            form.refuse(error.message, error.fields, error.status)
            return False
        return True

    def _field_again(
        self, row: Any, form: Form, name: str, told: ConcurrentEdit
    ) -> ResponseReturnValue:
        """409: somebody else saved meanwhile; the input is shown with what they changed."""
        told = self.reconcile(row, form, told)
        return self._field_edit(row, form, name, 409, told)

    def _field_edit(
        self, row: Any, form: Form, name: str, status: int = 200, told: ConcurrentEdit | None = None
    ) -> ResponseReturnValue:
        form.load_choices()
        field: FormField = form.fields[name]
        field.errors = [*field.errors, *form.form_errors]
        column = self._column(name)
        return self.render(
            "core/parts/field_edit.html",
            status,
            field=field,
            action=here_path(),
            row_version=row.row_version if status in (200, 409) else posted_version(),
            told=told,
            tags=cell_tags(row, column, "editing") if column else None,
        )


def here_path() -> str:
    """The form's own URL with its query string, to which it posts."""
    return request.full_path.rstrip("?")


def _is_computed(row: Any, field: Field) -> bool:
    spec = find_spec(type(row), field.name)
    return spec is not None and spec.readonly and not field.choices
