"""A chart as the templates, the CSV and the drawing take it."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from crm.core.datamodel.grouping import Measure, Sum
from crm.core.models import kinds, spec_of
from crm.core.models.text import format_money, format_number


@dataclass(frozen=True)
class Figure:
    """A number, in words and as it is; `url` opens the list of its rows."""

    text: str
    value: Decimal | int | None = None  # None of words
    url: str = ""
    is_faint: bool = False
    is_words: bool = False
    currency: str = ""  # of an amount
    tone: str = ""  # bad, warn: what has to be seen to
    is_date: bool = False
    is_reached: bool = False  # a target


NOTHING = Figure("–", is_faint=True)


@dataclass(frozen=True)
class Part:
    """A part of a row's bar: from `start` on, `share` of 100 long."""

    name: str
    text: str
    value: Decimal
    start: Decimal
    share: Decimal
    url: str
    colour: int


@dataclass(frozen=True)
class Line:
    """A row of the table; `share` is the length of its bar, of 100."""

    label: str
    figures: Sequence[Figure]
    share: Decimal | None = None
    sign: str = ""  # glyph of a stage or status
    hue: str = ""
    is_unset: bool = False
    short: str = ""
    url: str = ""  # of a row's own page
    after: str = ""  # the stage that follows the one of the label
    initials: str = ""  # of a person
    parts: Sequence[Part] = ()  # its bar by columns

    @property
    def bar_url(self) -> str:
        """What its bar opens: the rows of its first figure that has any."""
        return next((one.url for one in self.figures if one.url), "")


@dataclass(frozen=True)
class Section:
    """The rows of one currency, or all of them where no money is measured."""

    currency: str
    title: str
    lines: Sequence[Line]
    total: Line | None = None


@dataclass(frozen=True)
class Series:
    """The values of one colour of a drawing, with the address that each opens."""

    name: str
    values: Sequence[float]
    texts: Sequence[str]
    urls: Sequence[str]


@dataclass(frozen=True)
class Drawing:
    """What ECharts draws of one section: bars side by side, or the parts of one."""

    sentence: str  # for who cannot see it
    labels: Sequence[str]
    series: Sequence[Series]
    currency: str = ""
    is_stacked: bool = False


@dataclass
class Shown:
    """Everything templates/reporting/chart.html places."""

    key: str
    title: str
    head: Sequence[str]  # of the groups, then of the figures
    sections: Sequence[Section]
    caption: str
    count: int
    drawing: Drawing | None = None
    url: str = ""
    csv_url: str = ""
    has_bars: bool = True
    legend: Mapping[int, int] = field(default_factory=dict)  # place in `head` → colour of its bars
    words: Container[int] = ()  # places in `head` of columns of words
    notes: Sequence[str] = field(default_factory=list)
    edit_url: str = ""  # where what it compares with is set
    edit_label: str = ""


def counted(count: int, url: str = "") -> Figure:
    """A number of rows."""
    return Figure(format_number(count), count, url if count else "")


def money(value: Decimal | None, currency: str, url: str = "") -> Figure:
    """An amount, which opens its rows."""
    if value is None:
        return NOTHING
    return Figure(format_money(value, currency), value, url, currency=currency)


def measured(
    model: type[Any], measures: Sequence[Measure], sums: Sequence[Sum], currency: str, url: str
) -> list[Figure]:
    """The figures of the measures; – where no row has a number."""
    figures = []
    for one, found in zip(measures, sums, strict=False):
        value = found.value(one.how)
        is_money = spec_of(model, one.name).kind is kinds.MONEY
        figures.append(money(value, currency, url) if is_money else _number(value, url))
    return figures + [NOTHING] * (len(measures) - len(sums))


def _number(value: Decimal | None, url: str) -> Figure:
    return NOTHING if value is None else Figure(format_number(value, 0, 1), value, url)


def not_added(sections: Sequence[Section]) -> list[str]:
    """What is said of several currencies."""
    several = len(sections) > 1
    return [_("Amounts of different currencies are not added up.")] if several else []


@dataclass(frozen=True)
class Written:
    """A figure above the charts as the CSV takes it; `currency` "" of what is no money."""

    currency: str
    value: Decimal | None
    whole: Decimal | None = None  # of which a rate is the share
    before: Decimal | None = None


@dataclass
class ShownKpi:
    """A figure above the charts: of money one for each currency, the company's first."""

    label: str
    figures: Sequence[Figure]
    written: Sequence[Written] = ()
    is_rate: bool = False  # its values are per cent
    note: str = ""
    trend: str = ""  # up, down
    change: str = ""  # against the period before
