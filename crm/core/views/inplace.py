"""/X/field/<id>/<name>: one value changed on the record itself."""

from collections.abc import Sequence
from typing import Any

from flask import abort, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from sqlalchemy import inspect

from crm.core.db import transaction
from crm.core.errors import DomainError
from crm.core.forms import Form, FormField
from crm.core.models import spec_of
from crm.core.views.base import PK
from crm.core.views.record import RecordPages
from crm.core.views.shown import Field


class InPlacePages(RecordPages):
    """The input of one value, and its saving."""

    def in_place(self) -> list[str]:
        """The fields of the edit form that may be changed on the record itself."""
        actor_sees = self.visible(self.edit_columns or ())
        apart = {*self.readonly_in_place, *self.children}
        model = self.datamodel.obj
        return [n for n in actor_sees if n not in apart and not spec_of(model, n).readonly]

    @expose(f"/field/{PK}/<name>", methods=("GET", "POST"))
    @has_access
    def field(self, pk: int, name: str) -> ResponseReturnValue:
        """The input of one value (GET), and its saving (POST)."""
        row = self.row(pk, "edit")
        if name not in self.in_place():
            abort(404)
        form = Form(self.datamodel, [name], picker=self.picker_base(), widths=self.widths)
        form.about(row)
        before = stored(row, [name])
        if request.method == "GET":
            return self._field_edit(row, form.show(before), name)
        if form.read(request.form, before) and self._saved(row, form):
            return self.render(
                "core/parts/field_read.html",
                field=self._read_field(row, name),
                page=self.record_page(row),
                others=self._others(row, name),
            )
        return self._field_edit(self.row(pk, "edit"), form, name, 422)

    def _read_field(self, row: Any, name: str) -> Field:
        shown = self.field_of(row, name)
        shown.editable = True
        return shown

    def _others(self, row: Any, name: str) -> list[Field]:
        """Computed values of the page, which this change may have moved."""
        names = [
            n
            for _title, group in self.fieldsets(
                [*(self.show_fieldsets or ()), *self.side_fieldsets]
            )
            for n in group
        ]
        return [
            self.field_of(row, n) for n in names if n != name and spec_of(type(row), n).readonly
        ]

    def _saved(self, row: Any, form: Form) -> bool:
        version = posted_version()
        try:
            with transaction():
                self.datamodel.update(row, form.values, version)
        except DomainError as error:
            if error.status == 409:
                raise
            form.refuse(error.message, error.fields)
            return False
        return True

    def _field_edit(
        self, row: Any, form: Form, name: str, status: int = 200
    ) -> ResponseReturnValue:
        form.offer()
        field: FormField = form.fields[name]
        field.errors = [*field.errors, *form.form_errors]
        return self.render(
            "core/parts/field_edit.html",
            status,
            field=field,
            action=request.path,
            row_version=row.row_version,
            page=self.record_page(row),
        )


def posted_version() -> int:
    """The version of the row that a form was opened with; without one, nobody's change is safe."""
    text = request.form.get("row_version", "")
    if not text.isdecimal() or len(text) > 9:
        abort(400)
    return int(text)


def stored(row: Any, names: Sequence[str]) -> dict[str, Any]:
    """The values of a row by name, and the keys behind its links."""
    mapper = inspect(type(row))
    values = {name: getattr(row, name) for name in names}
    for name in names:
        if name in mapper.relationships and not mapper.relationships[name].uselist:
            local = next(iter(mapper.relationships[name].local_columns))
            values[f"{name}_id"] = getattr(row, mapper.get_property_by_column(local).key)
    if hasattr(row, "currency"):
        values.setdefault("currency", row.currency)
    return values
