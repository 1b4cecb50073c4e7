"""The bars of a chart by two groups: a part for each column, six colours at most."""

from collections.abc import Sequence
from decimal import Decimal

from flask_babel import ngettext

from crm.core.models.text import format_money, format_number
from crm.reporting.boards.keys import Key
from crm.reporting.boards.reading import Totals
from crm.reporting.boards.shown import Part

COLOURS = 6


def few(columns: Sequence[Key]) -> int:
    """How many columns have a colour of their own."""
    return len(columns) if len(columns) <= COLOURS else COLOURS - 1


def colour(place: int, many: int) -> int:
    """The colour of one of `many` columns, from 1 on: the last one is of all further columns."""
    return place + 1 if many <= COLOURS else min(place + 1, COLOURS)


def names(columns: Sequence[Key]) -> list[str]:
    """What the colours stand for."""
    own = few(columns)
    rest = len(columns) - own
    others = [ngettext("%(num)s other", "%(num)s others", rest)] if rest else []
    return [*(column.label for column in columns[:own]), *others]


def length(told: Totals, is_measured: bool) -> Decimal:
    """What a bar says: the sum of the first measure, without one the number of rows."""
    count, sums = told
    if not is_measured:
        return Decimal(count)
    return max((sums[0].value("sum") if sums else None) or Decimal(0), Decimal(0))


def parts(
    currency: str,
    named: Sequence[str],
    told: Sequence[tuple[Totals, str]],
    largest: Decimal,
    is_measured: bool,
) -> list[Part]:
    """The parts with these names; `told` are their sums and addresses, `largest` fills the bar."""
    found, start = [], Decimal(0)
    for number, (name, (one, url)) in enumerate(zip(named, told, strict=True), 1):
        value = length(one, is_measured)
        share = round(value * 100 / largest, 2) if largest else Decimal(0)
        text = format_money(value, currency) if currency else format_number(value)
        found.append(Part(name, text, value, start, share, url if one[0] else "", number))
        start += share
    return found
