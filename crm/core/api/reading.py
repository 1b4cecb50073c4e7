"""Parsing of JSON bodies into values of a row."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask import request
from flask_babel import gettext as _
from sqlalchemy import inspect, select
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from crm.core.api.arguments import is_text
from crm.core.api.columns import written_lines
from crm.core.api.values import value_of
from crm.core.datamodel.loading import Children
from crm.core.db import db
from crm.core.errors import DomainError, NotFound
from crm.core.models import spec_of, target_of
from crm.core.rows import linkable

LARGEST_ID = 2**31 - 1
MOST_ROWS = 500  # of a list in a body: lines of a quote, tags of a lead

Rows = dict[type[Any], dict[int, Any]]  # table → id → row


def read_body() -> dict[str, Any]:
    """The request's JSON object. Raises UnsupportedMediaType, BadRequest, RequestEntityTooLarge."""
    if not request.is_json:
        raise UnsupportedMediaType(_("Send JSON, with the header Content-Type: application/json."))
    try:
        body = json.loads(request.get_data())
    except (RecursionError, ValueError) as error:
        raise BadRequest(_("The request body is not valid JSON.")) from error
    if not isinstance(body, dict) or not is_text(body):
        raise BadRequest(_("The request body must be a JSON object."))
    return body


@dataclass(frozen=True)
class Reader:
    """Parses bodies for one table: `written` are the writable fields, `shown` the readable ones."""

    model: type[Any]
    written: Sequence[str]
    shown: Sequence[str] = ()
    children: Children = field(default_factory=dict)
    new: bool = False

    def read(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Values by name, for DataModel. Raises DomainError with all errors by field."""
        return self._values(body, _rows(self._links(body)))

    def _values(self, body: Mapping[str, Any], known: Rows) -> dict[str, Any]:
        values: dict[str, Any] = {}
        wrong: dict[str, str] = {}
        for name, raw in body.items():
            try:
                self._take(name, raw, known, values)
            except DomainError as error:
                wrong |= error.fields
            except ValueError as error:
                wrong[name] = str(error)
        if wrong:
            raise DomainError(fields=wrong)
        return values

    def _take(self, name: str, raw: Any, known: Rows, values: dict[str, Any]) -> None:
        if name not in self.written:
            is_shown = name in self.shown
            raise ValueError(_("This field is read-only.") if is_shown else _("Unknown field."))
        if name in self.children:
            values[name] = self._lines(name, raw, known)
            return
        value = self._value(name, raw, known)
        if value is not None or may_be_empty(self.model, name):
            values[name] = value
        elif not self.new:
            raise ValueError(_("Required field"))
        # In a new row, null for a required field counts as missing, so that defaults apply.

    def _value(self, name: str, raw: Any, known: Rows) -> Any:
        spec = spec_of(self.model, name)
        if spec.kind.is_list:
            return self._rows(name, raw, known)
        if spec.kind.is_link:
            return self._row(name, raw, known) if raw is not None else None
        # A column that is never NULL keeps "" for a value that nobody chose.
        return "" if raw is None and spec.unset is not None else value_of(spec, raw)

    def _row(self, name: str, raw: Any, known: Rows) -> Any:
        """The row with this id; FAB 5.3 would create an object for an unknown one."""
        found = known[target_of(self.model, name)]
        if not is_id(raw) or raw not in found:
            raise ValueError(_("Not a valid choice."))
        return found[raw]

    def _rows(self, name: str, raw: Any, known: Rows) -> list[Any]:
        if not isinstance(raw, list) or len(raw) > MOST_ROWS or not all(is_id(pk) for pk in raw):
            raise ValueError(_("Send a list of ids."))
        return [self._row(name, pk, known) for pk in dict.fromkeys(raw)]

    def _lines(self, relation: str, raw: Any, known: Rows) -> list[dict[str, Any]]:
        if not isinstance(raw, list) or len(raw) > MOST_ROWS:
            raise ValueError(_("Send a list of at most %(num)s objects.", num=MOST_ROWS))
        reader = self._of_lines(relation)
        lines: list[dict[str, Any]] = []
        wrong: dict[str, str] = {}
        for number, line in enumerate(raw):
            try:
                lines.append(reader._line(line, lines, known))
            except DomainError as error:
                wrong |= {f"{relation}.{number}.{n}": text for n, text in error.fields.items()}
            except ValueError as error:
                wrong[f"{relation}.{number}"] = str(error)
        if wrong:
            raise DomainError(fields=wrong)
        return lines

    def _of_lines(self, relation: str) -> "Reader":
        written = written_lines(self.model, relation, self.children)
        return Reader(target_of(self.model, relation), written, self.children[relation])

    def _line(self, raw: Any, before: Iterable[Mapping[str, Any]], known: Rows) -> dict[str, Any]:
        """One child row: an update with "id", else a new one."""
        if not isinstance(raw, dict):
            raise ValueError(_("Send an object."))
        pk = raw.get("id")
        rest = {name: value for name, value in raw.items() if name != "id"}
        if pk is None:
            return replace(self, new=True)._values(rest, known)
        if not is_id(pk) or any(line.get("id") == pk for line in before):
            raise ValueError(_("Not a valid choice."))
        return {"id": pk, **self._values(rest, known)}

    def _links(self, body: Mapping[str, Any]) -> Iterator[tuple[type[Any], int]]:
        """(table, id) of all links in the body, lines included."""
        for name in self.written:
            kind, raw = spec_of(self.model, name).kind, body.get(name)
            # A list where one id is expected is wrong: its ids are not looked up.
            items: list[Any] = raw[:MOST_ROWS] if isinstance(raw, list) and kind.is_list else [raw]
            if name in self.children:
                reader = self._of_lines(name)
                for line in items:
                    yield from reader._links(line) if isinstance(line, dict) else ()
            elif kind.is_link:
                yield from ((target_of(self.model, name), pk) for pk in items if is_id(pk))


def _rows(links: Iterable[tuple[type[Any], int]]) -> Rows:
    """The rows behind `links`, through the row filter, by a statement for each table."""
    wanted: dict[type[Any], set[int]] = defaultdict(set)
    for target, pk in links:
        wanted[target].add(pk)
    known: Rows = defaultdict(dict)
    for target, pks in wanted.items():
        found = db.session.scalars(select(target).where(target.id.in_(pks), linkable(target)))
        known[target] = {row.id: row for row in found.unique()}
    return known


def read_id(text: str) -> int:
    """The id in a URL. Raises NotFound, also for ids out of the range of the column."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= LARGEST_ID):
        raise NotFound
    return int(text)


def is_id(raw: Any) -> bool:
    return isinstance(raw, int) and not isinstance(raw, bool) and 0 < raw <= LARGEST_ID


def may_be_empty(model: type[Any], name: str) -> bool:
    """Whether the field can be empty: a list, nullable columns, or with words for no value."""
    relation = inspect(model).relationships.get(name)
    is_list = relation is not None and relation.uselist
    if is_list or all(column.nullable for column in columns_behind(model, name)):
        return True
    return relation is None and spec_of(model, name).unset is not None


def columns_behind(model: type[Any], name: str) -> list[Any]:
    """The columns of a field; none for a computed value."""
    mapper = inspect(model)
    if name in mapper.relationships:
        return list(mapper.relationships[name].local_columns)
    return [mapper.columns[name]] if name in mapper.columns else []
