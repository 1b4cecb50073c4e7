"""Actions of an API beside its rows: POST /<pk>/<name>, with what the dialog of the page asks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Response, url_for
from flask_appbuilder.api import expose
from flask_babel import gettext as _

from crm.core.actor import current_actor
from crm.core.api.columns import part_columns
from crm.core.api.guard import guarded
from crm.core.api.reading import MOST_ROWS, Reader, is_id, read_body, read_id
from crm.core.datamodel.saving import check_version
from crm.core.db import transaction
from crm.core.errors import Conflict, DomainError, NotFound


@dataclass(frozen=True)
class Verb:
    """An action: `act(row, **values)` is called in a transaction, and raises DomainError by field.

    `columns` are the fields of the row that the body may have, `switches` its booleans, False where
    they are missing. `among` are lists of ids: name → the rows of which they may be, given the row.
    `parts` are objects with the values of a new row: name → its table; None where it is missing.
    `right` is the action of the rights grid that the role needs at all, `row` that on the row. An
    action that `makes` a row returns it. Without its `setting` the action is a 404. `tries`, given
    how to read the row and how to answer with it, prepares what `act` gets as `prepared`, outside
    the transaction, and may do so again.
    """

    act: Callable[..., Any]
    columns: Sequence[str] = ()
    switches: Sequence[str] = ()
    among: Mapping[str, Callable[[Any], Sequence[Any]]] = field(default_factory=dict)
    parts: Mapping[str, type[Any]] = field(default_factory=dict)
    right: str = "edit"
    row: str = "edit"
    makes: bool = False
    tries: Callable[[Callable[[], Any], Callable[[Any, Any], Response]], Response] | None = None
    setting: str = ""

    @property
    def is_on(self) -> bool:
        """Whether its setting is."""
        return not self.setting or current_actor().is_enabled(self.setting)


def endpoint(name: str, verb: Verb) -> Callable[..., Response]:
    """The method of an API that answers POST /<pk>/<name>."""

    def act(api: Any, pk: str) -> Response:
        if not verb.is_on:
            raise NotFound
        number, body = read_id(pk), read_body()
        try:
            if verb.tries is None:
                return _done(api, verb, number, body)
            return verb.tries(
                lambda: api.fetch(number, verb.row),
                lambda _row, prepared: _done(api, verb, number, {**body}, prepared=prepared),
            )
        except Conflict as error:
            stale: Response = api.stale(number, error)
            return stale

    act.__name__, act.__doc__ = name, verb.act.__doc__
    exposed: Callable[..., Response] = expose(f"/<pk>/{name}", methods=("POST",))(guarded(act))
    return exposed


def _done(api: Any, verb: Verb, pk: int, body: dict[str, Any], **prepared: Any) -> Response:
    row = api.fetch(pk, verb.row)
    version = api.read_row_version(body)
    check_version(row, version)
    values = {**_values(api, verb, row, body), **prepared}
    with transaction():
        check_version(row, version)
        made = verb.act(row, **values)
        pk = made.id if verb.makes else pk
    answer: Response = api.saved(pk, 201 if verb.makes else 200)
    if verb.makes:
        answer.headers["Location"] = url_for(f"{api.endpoint}.get", pk=pk)
    return answer


def _values(api: Any, verb: Verb, row: Any, body: dict[str, Any]) -> dict[str, Any]:
    """What the body says. Raises DomainError by field."""
    wrong: dict[str, str] = {}
    found: dict[str, Any] = {}
    for name in verb.switches:
        found[name] = body.pop(name, False)
        if not isinstance(found[name], bool):
            wrong[name] = _("Send true or false.")
    for name, offered in verb.among.items():
        known = {one.id: one for one in offered(row)}
        asked = body.pop(name, [])
        if not isinstance(asked, list) or len(asked) > MOST_ROWS or not all(map(is_id, asked)):
            wrong[name] = _("Send a list of ids.")
        elif not all(pk in known for pk in asked):
            wrong[name] = _("Not a valid choice.")
        else:
            found[name] = [known[pk] for pk in dict.fromkeys(asked)]
    parts = {name: body.pop(name, None) for name in verb.parts}
    for name, raw in parts.items():
        try:
            found[name] = _part(name, verb.parts[name], raw)
        except DomainError as error:
            wrong |= error.fields
    try:
        found |= Reader(api.datamodel.obj, api.visible(verb.columns)).read(body)
    except DomainError as error:
        wrong |= error.fields
    if wrong:
        raise DomainError(fields=wrong)
    return found


def _part(name: str, model: type[Any], raw: Any) -> dict[str, Any] | None:
    """The values of a new row of `model`. Raises DomainError by field, `name` before each."""
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise DomainError(_("Send an object."), field=name)
    try:
        return Reader(model, part_columns(model), new=True).read(raw)
    except DomainError as error:
        fields = {f"{name}.{field}": text for field, text in error.fields.items()}
        raise DomainError(fields=fields) from error
