"""ModelRestApi, with POST, PUT and DELETE."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, request, url_for
from flask_appbuilder.api import expose
from flask_babel import gettext as _
from sqlalchemy import select

from crm.core.api import openapi
from crm.core.api.columns import written
from crm.core.api.guard import answer, guarded, refuse
from crm.core.api.reading import Reader, is_id, read_body, read_id
from crm.core.api.reads import ReadApi
from crm.core.api.verbs import Verb, endpoint
from crm.core.datamodel.saving import check_version
from crm.core.db import transaction
from crm.core.errors import Conflict, DomainError, NotFound


class ModelRestApi(ReadApi):
    """The API of a table. A slice names the view class whose declarations it shares:

    class LeadApi(ModelRestApi):
        view = LeadView

    Attributes of the subclass take precedence over the view's. `verbs` are its actions, by name.
    """

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        verbs: Mapping[str, Verb] = vars(cls).get("verbs", {})
        for name, verb in verbs.items():
            setattr(cls, name, endpoint(name, verb))
        rights = {name: verb.right for name, verb in verbs.items()}
        cls.method_permission_name = {**cls.method_permission_name, **rights}

    @expose("/", methods=("POST",))
    @guarded
    def post(self) -> Response:
        """Create a row: 201 with the row, if the actor may read it."""
        values = self._reader(self.add_columns, new=True).read(read_body())
        with transaction():
            pk = self.datamodel.create(values).id
        made = self.saved(pk, 201)
        made.headers["Location"] = url_for(f"{self.endpoint}.get", pk=pk)
        return made

    @expose("/<pk>", methods=("PUT",))
    @guarded
    def put(self, pk: str) -> Response:
        """Change the fields in the body; others are kept.

        409, with the row as saved, where it was changed since the `row_version` in the body.
        """
        number, body = read_id(pk), read_body()
        version, options = self.read_row_version(body), self._options(body)
        try:
            row = self.fetch(number, "edit")
            check_version(row, version)
            values = self._reader(self.edit_columns).read(body)
            with transaction():
                check_version(row, version)
                self.change(row, values, options)
        except Conflict as error:
            return self.stale(number, error)
        return self.saved(number)

    @expose("/<pk>", methods=("DELETE",))
    @guarded
    def delete(self, pk: str) -> Response:
        """Delete a row. With `?row_version=`, 409 where it was changed since."""
        number, given = read_id(pk), request.args.get("row_version")
        options = self._options(request.args.to_dict())
        try:
            row = self.fetch(number, "delete")
            if given is not None:
                check_version(row, read_version(given))
            with transaction():
                self.remove(row, options)
        except Conflict as error:
            return self.stale(number, error)
        return answer(message="OK")

    def change(self, row: Any, values: dict[str, Any], options: Mapping[str, str]) -> None:
        """Change `row`, within the transaction."""
        self.datamodel.update(row, values)

    def remove(self, row: Any, options: Mapping[str, str]) -> None:
        """Delete `row`, within the transaction."""
        self.datamodel.remove(row)

    def add_api_spec(self, api_spec: Any) -> None:
        """Overrides FAB 5.3, which describes the same to everybody; ours depends on the actor."""
        openapi.describe(self, api_spec)

    def _options(self, given: dict[str, Any]) -> dict[str, str]:
        """Remove `save_options` from what was sent. Raises DomainError by name."""
        found = {name: given.pop(name, values[0]) for name, values in self.save_options.items()}
        wrong = {
            name: str(_("Not a valid choice."))
            for name, value in found.items()
            if value not in self.save_options[name]
        }
        if wrong:
            raise DomainError(fields=wrong)
        return found

    def read_row_version(self, body: dict[str, Any]) -> int | None:
        """Remove the version from the body. None where the table has no lock (FAB's own)."""
        if not hasattr(self.datamodel.obj, "row_version"):
            return None
        given = body.pop("row_version", None)
        if given is None:
            raise DomainError(_("Send the row_version that you read."), field="row_version")
        return read_version(given)

    def _reader(self, names: Sequence[str], new: bool = False) -> Reader:
        shown = ["id", "row_version", *self.visible([*names, *self.show_columns])]
        return Reader(self.datamodel.obj, written(self, names), shown, self.shown_children(), new)

    def fetch(self, pk: int, action: str) -> Any:
        """The row for `action`. Raises NotFound."""
        model = self.datamodel.obj
        try:
            row = self.datamodel.fetch(pk, action)
        except NotFound as error:
            raise self._not_found(pk) from error
        conditions = self.base_conditions()
        if conditions:
            found = select(model.id).where(model.id == pk, *conditions)
            if self.datamodel.session.scalar(found) is None:
                raise NotFound
        return row

    def _not_found(self, pk: int) -> NotFound:
        kept = self.kept_instead(pk)
        if kept is None:
            return NotFound()
        return NotFound(_("This record was merged into record %(id)s.", id=kept.id))

    def saved(self, pk: int, status: int = 200) -> Response:
        try:
            return answer(status, id=pk, result=self.one(pk, self.visible(self.show_columns)))
        except NotFound:
            return answer(status, id=pk)  # assigned to an owner whose rows the actor may not read

    def stale(self, pk: int, error: Conflict) -> Response:
        """409 with the row as saved by somebody else, for the client to merge and retry."""
        row = self.one(pk, self.visible(self.show_columns))
        return refuse(409, error.message, error.fields, row_version=row["row_version"], result=row)


def read_version(given: Any) -> int:
    """A row_version, from a body or a URL. Raises DomainError."""
    if isinstance(given, str) and given.isascii() and given.isdecimal() and len(given) < 11:
        given = int(given)
    if not is_id(given):
        raise DomainError(_("Enter a whole number."), field="row_version")
    return int(given)
