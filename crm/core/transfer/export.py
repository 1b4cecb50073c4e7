"""CSV out: a stream in the reader's language and formats, whatever the number of rows."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any

from babel.numbers import get_decimal_symbol
from flask_babel import gettext as _
from sqlalchemy import inspect
from sqlalchemy.orm import RelationshipProperty

from crm.core.actor import find_actor
from crm.core.models import Spec, key_of, spec_of
from crm.core.models.locale import locale
from crm.core.models.text import written
from crm.core.transfer.safe import defused

# A cell's column: what is said of it, and where in a row its value is.
Column = tuple[Spec, Callable[[Any], Any]]

# Excel reads a CSV file as UTF-8 only where it begins with this.
BOM = "\ufeff"
ROWS_AT_ONCE = 500
NUMBERS = {"integer", "stars", "decimal", "money", "percent"}
# Kinds of which a file has few values, and says each again and again.
REPEATED = {"reference", "choice", "country", "language", "date", "instant", "next", "boolean"}
KEPT = 5_000  # texts of one column


def columns_of(model: type[Any], names: Sequence[str]) -> list[Column]:
    """The columns of a file for these fields of `model`. Raises KeyError where one is none."""
    return [(spec_of(model, name), _getter(model, name)) for name in names]


def _getter(model: type[Any], name: str) -> Callable[[Any], Any]:
    if spec_of(model, name).kind != "reference":
        return attrgetter(name)
    relation = relation_of(model, name)
    key = key_of(relation)

    def linked(row: Any) -> Any:
        target = getattr(row, relation.key)
        hidden = target is None and getattr(row, key) is not None
        return _("Not available") if hidden else target

    return linked


def relation_of(model: type[Any], name: str) -> RelationshipProperty[Any]:
    """The relationship called `name`, or whose foreign key is."""
    mapper = inspect(model)
    if name in mapper.relationships:
        found: RelationshipProperty[Any] = mapper.relationships[name]
        return found
    column = mapper.columns[name]
    return next(r for r in mapper.relationships if column in r.local_columns and not r.viewonly)


def export_rows(columns: Sequence[Column], rows: Iterable[Any]) -> Iterator[bytes]:
    """A CSV file of `rows`, in pieces: labels, then a line for each.

    Where the reader's numbers have a decimal comma the separator is a semicolon, as their
    spreadsheet expects. Instants are in the actor's time zone; numbers bear no currency, percent
    sign or thousands separator, so that they can be added up.
    """
    mark = get_decimal_symbol(locale())
    actor = find_actor()
    zone = actor.time_zone if actor is not None else "UTC"
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";" if mark == "," else ",")
    buffer.write(BOM)
    writer.writerow([defused(str(spec.label)) for spec, __ in columns])
    cells = [(_writer(spec, mark, zone), value) for spec, value in columns]
    for number, row in enumerate(rows, start=1):
        writer.writerow([text(value(row)) for text, value in cells])
        if number % ROWS_AT_ONCE == 0:
            yield _emptied(buffer)
    yield _emptied(buffer)


def _emptied(buffer: io.StringIO) -> bytes:
    piece = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return piece


def _writer(spec: Spec, mark: str, zone: str) -> Callable[[Any], str]:
    """What the cells of one column say of a value."""

    def text(value: Any) -> str:
        if value is None:
            return ""
        if is_number and isinstance(value, int | Decimal):
            return format(value, "f" if isinstance(value, Decimal) else "d").replace(".", mark)
        return defused(written(spec, value, zone=zone))

    is_number = spec.kind in NUMBERS
    return lru_cache(KEPT)(text) if spec.kind in REPEATED else text
