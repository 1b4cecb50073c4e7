"""A JSON body → the values of a row: the way in that a form has for people."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as _
from sqlalchemy import Integer, inspect, select
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from crm.core.api.arguments import is_text
from crm.core.api.columns import is_written
from crm.core.api.values import value_of
from crm.core.db import db
from crm.core.errors import DomainError, NotFound
from crm.core.models import spec_of, target_of
from crm.core.rows import linkable

LARGEST_ID = 2**31 - 1
MOST_ROWS = 500  # of a list in a body: lines of a quote, tags of a lead


def read_body() -> dict[str, Any]:
    """The request's JSON object. Raises UnsupportedMediaType, BadRequest, RequestEntityTooLarge."""
    if not request.is_json:
        raise UnsupportedMediaType(_("Send JSON, with the header Content-Type: application/json."))
    try:
        body = json.loads(request.get_data())
    except (RecursionError, ValueError) as error:
        raise BadRequest(_("The body is not valid JSON.")) from error
    if not isinstance(body, dict) or not is_text(body):
        raise BadRequest(_("The body must be a JSON object."))
    return body


@dataclass(frozen=True)
class Reader:
    """Reads bodies for one table: `written` are the fields it takes, `shown` those it tells."""

    model: type[Any]
    written: Sequence[str]
    shown: Sequence[str] = ()
    children: Mapping[str, Sequence[str]] | None = None
    new: bool = False

    def read(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Values by name, for DataModel. Raises DomainError with every field that is wrong."""
        values: dict[str, Any] = {}
        wrong: dict[str, str] = {}
        for name, raw in body.items():
            try:
                self._take(name, raw, values)
            except DomainError as error:
                wrong |= error.fields
            except ValueError as error:
                wrong[name] = str(error)
        if wrong:
            raise DomainError(fields=wrong)
        return values

    def _take(self, name: str, raw: Any, values: dict[str, Any]) -> None:
        if name not in self.written:
            known = name in self.shown
            raise ValueError(_("This field is read-only.") if known else _("Unknown field."))
        if self.children and name in self.children:
            values[name] = self._lines(name, raw)
            return
        value = self._value(name, raw)
        if value is not None or _may_be_empty(self.model, name):
            values[name] = value
        elif not self.new:
            raise ValueError(_("Required field"))
        # In a new row an empty value that cannot stay empty is one that was not given.

    def _value(self, name: str, raw: Any) -> Any:
        spec = spec_of(self.model, name)
        match spec.kind:
            case "reference":
                return _row(self.model, name, raw) if raw is not None else None
            case "references":
                return _rows(self.model, name, raw)
            case _:
                return value_of(spec, raw, is_number(self.model, name))

    def _lines(self, relation: str, raw: Any) -> list[dict[str, Any]]:
        if not isinstance(raw, list) or len(raw) > MOST_ROWS:
            raise ValueError(_("A list of at most %(num)s objects is expected.", num=MOST_ROWS))
        columns = (self.children or {})[relation]
        model = target_of(self.model, relation)
        free = [name for name in columns if is_written(spec_of(model, name))]
        reader = Reader(model, free, columns, new=True)
        lines: list[dict[str, Any]] = []
        wrong: dict[str, str] = {}
        for number, line in enumerate(raw):
            try:
                lines.append(_line(reader, line, lines))
            except DomainError as error:
                wrong |= {f"{relation}.{number}.{n}": text for n, text in error.fields.items()}
            except ValueError as error:
                wrong[f"{relation}.{number}"] = str(error)
        if wrong:
            raise DomainError(fields=wrong)
        return lines


def _line(reader: Reader, raw: Any, before: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """One child: the row with this "id" changed, or a new one without."""
    if not isinstance(raw, dict):
        raise ValueError(_("An object is expected."))
    pk = raw.get("id")
    rest = {name: value for name, value in raw.items() if name != "id"}
    if pk is None:
        return reader.read(rest)
    if not is_id(pk) or any(line.get("id") == pk for line in before):
        raise ValueError(_("Not a valid choice."))
    kept = Reader(reader.model, reader.written, reader.shown)
    return {"id": pk, **kept.read(rest)}


def read_id(text: str) -> int:
    """The id in an address. What no column can hold is no row. Raises NotFound."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= LARGEST_ID):
        raise NotFound
    return int(text)


def is_id(raw: Any) -> bool:
    return isinstance(raw, int) and not isinstance(raw, bool) and 0 < raw <= LARGEST_ID


def _row(model: type[Any], relation: str, raw: Any) -> Any:
    """The row with this id, through the row filter. FAB 5.3 makes one up where there is none."""
    if not is_id(raw):
        raise ValueError(_("Not a valid choice."))
    return _rows(model, relation, [raw])[0]


def _rows(model: type[Any], relation: str, raw: Any) -> list[Any]:
    if not isinstance(raw, list) or len(raw) > MOST_ROWS or not all(is_id(pk) for pk in raw):
        raise ValueError(_("A list of ids is expected."))
    if not raw:
        return []
    target = target_of(model, relation)
    rows = db.session.scalars(select(target).where(target.id.in_(raw), linkable(target))).unique()
    found = {row.id: row for row in rows}
    if len(found) != len(set(raw)):
        raise ValueError(_("Not a valid choice."))
    return [found[pk] for pk in dict.fromkeys(raw)]


def _may_be_empty(model: type[Any], name: str) -> bool:
    mapper = inspect(model)
    if name in mapper.relationships:
        relation = mapper.relationships[name]
        return relation.uselist or all(column.nullable for column in relation.local_columns)
    return bool(mapper.columns[name].nullable)


def is_number(model: type[Any], name: str) -> bool:
    """Whether a choice is kept as a number."""
    column = inspect(model).columns.get(name)
    return column is not None and isinstance(column.type, Integer)
