"""Actions of an API beside its rows: POST /<pk>/<name>, with what the dialog of the page asks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask import Response, url_for
from flask_appbuilder.api import expose
from flask_babel import gettext as _

from crm.core.actor import current_actor
from crm.core.api import schemas
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
    they are missing (a function where they come from a table that imports this API). `among` are
    lists of ids: name → the rows of which they may be, given the row.
    `parts` are objects with the values of a new row: name → its table; None where it is missing.
    `right` is the action of the rights grid that the role needs at all, `row` that on the row. An
    action that `makes` a row returns it. Without its `setting` the action is a 404. `tries`, given
    how to read the row and how to answer with it, prepares what `act` gets as `prepared`, outside
    the transaction, and may do so again.
    """

    act: Callable[..., Any]
    columns: Sequence[str] = ()
    switches: Sequence[str] | Callable[[], Sequence[str]] = ()
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

    @property
    def switch_names(self) -> Sequence[str]:
        """The names of the booleans."""
        return self.switches() if callable(self.switches) else self.switches

    def respond(self, api: Any, pk: int, body: dict[str, Any]) -> Response:
        """Do it to row `pk`, as the body says. Raises DomainError, Conflict."""
        if self.tries is None:
            return _done(api, self, pk, body)
        return self.tries(
            lambda: api.fetch(pk, self.row),
            lambda _row, prepared: _done(api, self, pk, {**body}, prepared=prepared),
        )

    def body_schema(self, api: Any) -> dict[str, Any]:
        """The description of the body."""
        return schemas.of_verb(api.datamodel.obj, api, self)


def endpoint(name: str, verb: Verb) -> Callable[..., Response]:
    """The method of an API that answers POST /<pk>/<name>."""

    def act(api: Any, pk: str) -> Response:
        if not verb.is_on:
            raise NotFound
        number, body = read_id(pk), read_body()
        try:
            return verb.respond(api, number, body)
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
    # Name → what reads it, and what counts where it is missing.
    extras: dict[str, tuple[Callable[[str, Any], Any], Any]] = {
        **dict.fromkeys(verb.switch_names, (_switch, False)),
        **{name: (partial(_among, offered(row)), []) for name, offered in verb.among.items()},
        **{name: (partial(_part, model), None) for name, model in verb.parts.items()},
    }
    found: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, (read, missing) in extras.items():
        try:
            found[name] = read(name, body.pop(name, missing))
        except DomainError as error:
            wrong |= error.fields
    try:
        found |= Reader(api.datamodel.obj, api.visible(verb.columns)).read(body)
    except DomainError as error:
        wrong |= error.fields
    if wrong:
        raise DomainError(fields=wrong)
    return found


def _switch(name: str, raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise DomainError(_("Send true or false."), field=name)
    return raw


def _among(offered: Sequence[Any], name: str, raw: Any) -> list[Any]:
    """The rows with these ids. Raises DomainError on `name` for others than those offered."""
    if not isinstance(raw, list) or len(raw) > MOST_ROWS or not all(map(is_id, raw)):
        raise DomainError(_("Send a list of ids."), field=name)
    known = {one.id: one for one in offered}
    if not all(pk in known for pk in raw):
        raise DomainError(_("Not a valid choice."), field=name)
    return [known[pk] for pk in dict.fromkeys(raw)]


def _part(model: type[Any], name: str, raw: Any) -> dict[str, Any] | None:
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
