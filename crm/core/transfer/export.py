"""CSV export: a stream in the reader's language and formats."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache, partial
from itertools import islice
from operator import attrgetter
from typing import Any

from babel.numbers import get_decimal_symbol
from flask_babel import gettext as _

from crm.core.actor import find_actor
from crm.core.models import Spec, kinds, link_of, spec_of
from crm.core.models.locale import locale
from crm.core.transfer.formulas import escape_formula
from crm.core.transfer.reading import ROWS_AT_ONCE

# (Spec, function from a row to its value).
Column = tuple[Spec, Callable[[Any], Any]]

# Without it, Excel does not read a CSV file as UTF-8.
BOM = "\ufeff"
KEPT = 5_000  # texts of one column


def columns_of(model: type[Any], names: Sequence[str]) -> list[Column]:
    """The columns of a file for these fields of `model`. Raises KeyError where one is none."""
    return [(spec_of(model, name), _getter(model, name)) for name in names]


def _getter(model: type[Any], name: str) -> Callable[[Any], Any]:
    if spec_of(model, name).kind is not kinds.REFERENCE:
        return attrgetter(name)
    relation, key = link_of(model, name)

    def linked(row: Any) -> Any:
        target = getattr(row, relation)
        if target is None and getattr(row, key) is not None:
            return _("Not available")
        return target

    return linked


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
    writer.writerow([escape_formula(str(spec.label)) for spec, __ in columns])
    cells = [(_writer(spec, mark, zone), value) for spec, value in columns]
    remaining = iter(rows)
    while batch := list(islice(remaining, ROWS_AT_ONCE)):
        # Column by column: one writer for all rows of the batch.
        texts = [map(text, map(value, batch)) for text, value in cells]
        writer.writerows(zip(*texts, strict=True))
        yield _emptied(buffer)
    if buffer.tell():  # no rows: the header only
        yield _emptied(buffer)


def _emptied(buffer: io.StringIO) -> bytes:
    piece = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return piece


def _writer(spec: Spec, mark: str, zone: str) -> Callable[[Any], str]:
    """The function from a value to the text of a cell."""
    text = partial(_text, spec, zone)
    if spec.kind.is_number:
        return partial(_number, mark, text)
    return lru_cache(KEPT)(text) if spec.kind.repeats else text


def _number(mark: str, text: Callable[[Any], str], value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f").replace(".", mark)
    return format(value, "d") if isinstance(value, int) else text(value)


def _text(spec: Spec, zone: str, value: Any) -> str:
    return escape_formula(spec.write(value, zone))
