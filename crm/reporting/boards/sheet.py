"""A chart, and the figures above the charts, as CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from babel.numbers import get_decimal_symbol
from flask import Response
from flask_babel import gettext as _

from crm.core.models.locale import locale
from crm.core.transfer.export import BOM
from crm.core.transfer.formulas import escape_formula
from crm.reporting.boards.shown import Figure, Shown, ShownKpi

PLACES = 4


def write(shown: Shown) -> str:
    """The table of a chart: labels, a line for each group, numbers without currency and spaces."""
    mark = _decimal_mark()
    has_currency = any(section.currency for section in shown.sections)
    group, *figures = shown.head
    head = [group, *([_("Currency")] if has_currency else []), *figures]
    return _text(mark, head, (
        [escape_formula(label), *([currency] if has_currency else []), *texts]
        for label, currency, texts in _lines(shown, mark)
    ))  # fmt: skip


def write_kpis(shown: Sequence[ShownKpi], before: str) -> str:
    """A line for each figure and currency; `before` names the period before, "" uncompared."""
    mark = _decimal_mark()
    has_whole = any(one.whole is not None for kpi in shown for one in kpi.written)
    head = [_("Figure"), _("Currency"), _("Value")]
    head += [*([_("Out of")] if has_whole else []), *([before] if before else [])]
    lines = []
    for kpi in shown:
        label = _("%(figure)s (%%)", figure=kpi.label) if kpi.is_rate else kpi.label
        for one in kpi.written:
            wholes = [one.whole] if has_whole else []
            values = [one.value, *wholes, *([one.before] if before else [])]
            numbers = [_value(value, mark) for value in values]
            lines.append([escape_formula(label), one.currency, *numbers])
    return _text(mark, head, lines)


def _decimal_mark() -> str:
    return get_decimal_symbol(locale())


def _text(mark: str, head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    buffer.write(BOM)
    writer = csv.writer(buffer, delimiter=";" if mark == "," else ",")
    writer.writerow(head)
    writer.writerows(lines)
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
    return _value(figure.value, mark)


def _value(value: Decimal | int | None, mark: str) -> str:
    """A number; a quotient has as many places as matter."""
    if value is None:
        return ""
    is_quotient = isinstance(value, Decimal) and -int(value.as_tuple().exponent) > PLACES
    return str(round(value, PLACES) if is_quotient else value).replace(".", mark)
