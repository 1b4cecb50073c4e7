"""A chart: the rows of a table by one group, counted and measured, with the list of each figure."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from babel.numbers import get_currency_name
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement, case

from crm.core.actor import current_actor
from crm.core.datamodel.grouping import TEAM, Group, Grouped, Measure, Sum, read_groups
from crm.core.models import Label, kinds, spec_of
from crm.core.models.locale import locale
from crm.core.models.text import format_number
from crm.reporting.boards import keys
from crm.reporting.boards.asked import Asked, address, conditions, list_view, merged
from crm.reporting.boards.keys import Filter, Key
from crm.reporting.boards.periods import Period
from crm.reporting.boards.shown import (
    NOTHING,
    Drawing,
    Figure,
    Line,
    Section,
    Series,
    Shown,
    counted,
    money,
)

Caption = Callable[[int], str]  # of the number of rows
Totals = tuple[int, tuple[Sum, ...]]  # number of rows, and the sums of the measures


@dataclass(frozen=True)
class Row:
    """A group now, and in the period before: `then` by the filter `was`."""

    key: Key
    now: Totals
    then: Totals | None = None
    was: Filter | None = None


@dataclass(frozen=True)
class Chart:
    """A chart of a board.

    `filters` are those of the list of `model`; `dated` is the date that the period bounds, "" where
    the figures are of now. `by_size`: the largest groups come first, and from `most` on they stand
    together. `drawn`: bars over time beside the table.
    """

    key: str
    title: Label
    model: type[Any]
    group: Group
    caption: Caption
    measures: Sequence[Measure] = ()
    filters: Callable[[], Sequence[Filter]] = field(default=lambda: ())
    dated: str = ""
    by_size: bool = False
    most: int = 10
    drawn: bool = False

    def is_open(self) -> bool:
        """Whether the actor reads rows of its table, and the group's field is there."""
        view = list_view(self.model)
        return view is not None and bool(view.visible([self.group.name]))

    def read(self, asked: Asked, extra: Sequence[ColumnElement[bool]] = ()) -> Shown:
        """The chart of the rows that the actor reads and that satisfy `extra`.

        Raises DomainError for an invalid filter.
        """
        return _Reading(self, asked, extra).shown()


@dataclass
class _Reading:
    """A chart while it is read for somebody."""

    chart: Chart
    asked: Asked
    extra: Sequence[ColumnElement[bool]]
    view: Any = field(init=False)
    filters: list[Filter] = field(init=False)

    def __post_init__(self) -> None:
        chart = self.chart
        self.view = list_view(chart.model)
        offered = set(self.view.visible(self.view.search_columns))
        common = [one for one in self.asked.filters if one[0] in offered]
        self.filters = merged(common, chart.filters())
        self.period = self.asked.period if chart.dated else None
        self.before = self.asked.before if chart.dated else None
        self.has_money = any(
            spec_of(chart.model, one.name).kind is kinds.MONEY for one in chart.measures
        )

    def shown(self) -> Shown:
        chart, now, before = self.chart, *self._read()
        sections = [
            self._section(currency, now[currency], before.get(currency, {}))
            for currency in self._currencies(now)
        ]
        count = sum(one.count for one in self.found if one.keys[-1] == 0)
        shown = Shown(
            chart.key,
            str(chart.title),
            [keys.label_of(chart.model, chart.group), *self._head()],
            sections,
            chart.caption(count),
            count,
            url=address(self.view, self._at(self.period)),
            has_bars=not chart.drawn,
        )
        if len(sections) > 1:
            shown.notes = [_("Amounts of different currencies are not added up.")]
        if chart.drawn and sections:
            shown.drawing = self._drawing(sections[0])
        return shown

    def _read(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """currency → group → Totals, of the period and of the one before; in one statement."""
        chart = self.chart
        spans = [span for span in (self.period, self.before) if span is not None]
        where = [*conditions(self.view, self.filters), *self.extra]
        parts: list[Any] = []
        if spans:
            bounds = [conditions(self.view, [self._bound(span)])[-1] for span in spans]
            where.append(bounds[0] if len(bounds) == 1 else bounds[0] | bounds[1])
            parts = [case((bounds[0], 0), else_=1)] if len(bounds) > 1 else []
        found = read_groups(chart.model, where, [chart.group, *parts], chart.measures)
        self.found = [
            one if parts else Grouped((*one.keys, 0), one.currency, one.count, one.sums)
            for one in found
        ]
        told: tuple[dict[str, Any], dict[str, Any]] = (defaultdict(dict), defaultdict(dict))
        for one in self.found:
            told[one.keys[-1]][one.currency or ""][one.keys[0]] = (one.count, one.sums)
        return told

    def _bound(self, period: Period) -> Filter:
        texts = (period.first.isoformat(), period.last.isoformat())
        between = keys.operator_of(self.chart.model, self.chart.dated, "between")
        return self.chart.dated, between, texts

    def _at(self, period: Period | None, *more: Filter) -> list[Filter]:
        bound = [self._bound(period)] if period is not None else []
        return merged(self.filters, bound, more)

    def _currencies(self, now: Mapping[str, Any]) -> list[str]:
        """The company's currency first, then those with the most rows."""
        company = current_actor().company
        first = company.currency if company is not None else ""

        def place(currency: str) -> tuple[bool, int, str]:
            return currency != first, -sum(n for n, _sums in now[currency].values()), currency

        return sorted(now, key=place)

    def _head(self) -> Iterator[str]:
        yield _("Number")
        for one in self.chart.measures:
            yield str(spec_of(self.chart.model, one.name).label)
        if self.before is not None:
            yield str(self.before)

    def _section(
        self, currency: str, now: Mapping[Any, Totals], before: Mapping[Any, Totals]
    ) -> Section:
        rows = self._rows(now, before)
        largest = max((self._size(row.now) for row in rows), default=Decimal(0))
        shown, rest = self._cut(rows) if self.chart.by_size else (rows, [])
        if rest:
            shown = [*shown, self._rest(shown, rest)]
        lines = [self._line(currency, row, largest) for row in shown]
        title = get_currency_name(currency, locale=locale()) if currency else ""
        return Section(currency, title, lines, self._total(currency, now, before))

    def _rows(self, now: Mapping[Any, Totals], before: Mapping[Any, Totals]) -> list[Row]:
        """Each group with what it is now and was before; months by their place in the period."""
        chart = self.chart
        none: Totals = (0, tuple(Sum() for _one in chart.measures))
        if chart.group.name == chart.dated:
            found = keys.keys_of(chart.model, chart.group, now, self.period)
            was = keys.keys_of(chart.model, chart.group, before, self.before) if before else []
        else:
            found = was = keys.keys_of(chart.model, chart.group, {*now, *before}, None)
        rows = [
            Row(key, now.get(key.value, none), before.get(past.value), past.filter)
            if past is not None
            else Row(key, now.get(key.value, none))
            for key, past in zip_longest(found, was[: len(found)])
        ]
        return sorted(rows, key=lambda row: -self._size(row.now)) if chart.by_size else rows

    def _cut(self, rows: list[Row]) -> tuple[list[Row], list[Row]]:
        most = self.chart.most
        return (rows, []) if len(rows) <= most + 1 else (rows[:most], rows[most:])

    def _size(self, told: Totals) -> Decimal:
        count, sums = told
        if not sums:
            return Decimal(count)
        return sums[0].value(self.chart.measures[0].how) or Decimal(0)

    def _line(self, currency: str, row: Row, largest: Decimal) -> Line:
        url = address(self.view, self._at(self.period, *self._only(currency), row.key.filter))
        figures = self._figures(currency, row.now, url)
        if self.before is not None:
            figures.append(self._past(currency, row.then, row.was))
        is_unset = row.key.value is None
        share = self._share(row.now, largest)
        key = row.key
        return Line(key.label, figures, share, key.sign, key.hue, is_unset, key.short)

    def _past(self, currency: str, then: Totals | None, was: Filter | None) -> Figure:
        """The first measure in the period before, without one the number of rows."""
        if then is None:
            return NOTHING
        more = [*self._only(currency), *([was] if was is not None else [])]
        figures = self._figures(currency, then, address(self.view, self._at(self.before, *more)))
        return figures[1] if self.chart.measures else figures[0]

    def _rest(self, shown: Sequence[Row], rest: Sequence[Row]) -> Row:
        """The groups beyond the most, together."""
        others = keys.other(self.chart.model, self.chart.group, [row.key for row in shown])
        label = ngettext("%(num)s other", "%(num)s others", len(rest))
        then = _added([row.then for row in rest if row.then is not None])
        return Row(Key(..., label, others), _added([row.now for row in rest]), then, others)

    def _total(
        self, currency: str, now: Mapping[Any, Totals], before: Mapping[Any, Totals]
    ) -> Line | None:
        """The sum of the groups; of teams there is none, as somebody may be in several."""
        if self.chart.group.name == TEAM:
            return None
        only = self._only(currency)
        url = address(self.view, self._at(self.period, *only))
        figures = self._figures(currency, _added(list(now.values())), url)
        if self.before is not None:
            figures.append(self._past(currency, _added(list(before.values())), None))
        return Line(_("Total"), figures)

    def _only(self, currency: str) -> list[Filter]:
        if not currency:
            return []
        operator = keys.operator_of(self.chart.model, "currency", "in", "eq")
        return [("currency", operator, (currency,))]

    def _figures(self, currency: str, told: Totals, url: str) -> list[Figure]:
        count, sums = told
        figures = [counted(count, url)]
        for one, found in zip(self.chart.measures, sums, strict=False):
            value = found.value(one.how)
            figures.append(money(value, currency, url) if currency else _number(value, url))
        figures += [NOTHING] * (len(self.chart.measures) - len(sums))
        return figures

    def _share(self, told: Totals, largest: Decimal) -> Decimal:
        return round(self._size(told) * 100 / largest, 1) if largest > 0 else Decimal(0)

    def _drawing(self, section: Section) -> Drawing:
        column = 1 if self.chart.measures else 0
        series = [_series(str(self.period or _("Number")), section.lines, column)]
        if self.before is not None:
            series.append(
                _series(str(self.before), section.lines, len(section.lines[0].figures) - 1)
            )
        sentence = _(
            "%(title)s. The same figures are in the table beside it.", title=self.chart.title
        )
        return Drawing(sentence, [line.short or line.label for line in section.lines], series)


def _series(name: str, lines: Sequence[Line], column: int) -> Series:
    figures = [line.figures[column] for line in lines]
    return Series(
        name,
        [float(one.value or 0) for one in figures],
        [one.text for one in figures],
        [one.url for one in figures],
    )


def _added(parts: Sequence[Totals]) -> Totals:
    sums = zip(*(sums for _count, sums in parts), strict=False)
    return sum(count for count, _sums in parts), tuple(sum(one, Sum()) for one in sums)


def _number(value: Decimal | None, url: str) -> Figure:
    return NOTHING if value is None else Figure(format_number(value, 0, 1), value, url)
