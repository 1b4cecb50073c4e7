"""A chart as CSV."""

import csv
import io
from collections.abc import Iterator

from babel.numbers import get_decimal_symbol
from flask import Response
from flask_babel import gettext as _

from crm.core.models.locale import locale
from crm.core.transfer.export import BOM
from crm.core.transfer.formulas import escape_formula
from crm.reporting.boards.shown import Figure, Shown


def write(shown: Shown) -> str:
    """The table of a chart: labels, a line for each group, numbers without currency and spaces."""
    mark = get_decimal_symbol(locale())
    buffer = io.StringIO()
    buffer.write(BOM)
    writer = csv.writer(buffer, delimiter=";" if mark == "," else ",")
    has_currency = any(section.currency for section in shown.sections)
    group, *figures = shown.head
    writer.writerow([group, *([_("Currency")] if has_currency else []), *figures])
    for label, currency, texts in _lines(shown, mark):
        writer.writerow([escape_formula(label), *([currency] if has_currency else []), *texts])
    return buffer.getvalue()


def download(text: str, name: str) -> Response:
    """The answer that a browser keeps as the file `name`.csv."""
    answer = Response(text, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _lines(shown: Shown, mark: str) -> Iterator[tuple[str, str, list[str]]]:
    for section in shown.sections:
        for line in section.lines:
            label = f"{line.label} → {line.after}" if line.after else line.label
            yield label, section.currency, [_number(one, mark) for one in line.figures]


def _number(figure: Figure, mark: str) -> str:
    if figure.is_words:
        return escape_formula(figure.text)
    return "" if figure.value is None else str(figure.value).replace(".", mark)
