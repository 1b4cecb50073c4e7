"""A chart: the rows of a table by one group, counted and measured, with the list of each figure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement

from crm.core.datamodel.grouping import TEAM, Group, Measure, Sum
from crm.core.datamodel.largest import Largest
from crm.core.models import Label
from crm.reporting.boards import keys
from crm.reporting.boards.asked import Asked, list_view
from crm.reporting.boards.keys import Filter, Key
from crm.reporting.boards.periods import Period
from crm.reporting.boards.reading import (
    BEYOND,
    Reading,
    Rows,
    Totals,
    added,
    currencies,
    currency_words,
)
from crm.reporting.boards.shown import (
    NOTHING,
    Drawing,
    Figure,
    Line,
    Section,
    Series,
    Shown,
    counted,
    measured,
    not_added,
)

Caption = Callable[[int], str]  # of the number of rows


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
    the figures are of now, and `window` stands in place of the period that the reader chose.
    `by_size`: the largest groups come first, and from `most` on they stand together. `drawn`: bars
    over time beside the table. `view`: the list, where it is not the first one of the model.
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
    window: Callable[[], Period] | None = None
    view: Any = None

    @property
    def is_wide(self) -> bool:
        return self.drawn

    def is_open(self) -> bool:
        """Whether the actor reads rows of its table, and the settings show its fields."""
        return is_open(self.model, [self.group], self.measures)

    def read(self, asked: Asked, extra: Sequence[ColumnElement[bool]] = ()) -> Shown:
        """The chart of the rows that the actor reads and that satisfy `extra`.

        Raises DomainError for an invalid filter.
        """
        rows = Rows(self.model, self.filters, self.dated, self.window, self.view)
        return _Table(self, Reading(rows, asked, extra)).shown()


def is_open(
    model: type[Any], groups: Sequence[Group] = (), measures: Sequence[Measure] = ()
) -> bool:
    """Whether the actor opens the list of `model`, which tells the groups and has the measures."""
    view = list_view(model)
    if view is None:
        return False
    offered = view.visible(view.search_columns)
    names = [one.name for one in measures]
    return all(one.name in offered for one in groups) and view.visible(names) == names


@dataclass(frozen=True)
class _Table:
    """A chart while it is read for somebody."""

    chart: Chart
    reading: Reading

    def shown(self) -> Shown:
        chart, reading = self.chart, self.reading
        now, before = reading.read([chart.group], chart.measures, self._largest())
        sections = [
            self._section(currency, now[currency], before.get(currency, {}))
            for currency in currencies(now)
        ]
        count = reading.number(now, [chart.group])
        shown = Shown(
            chart.key,
            str(chart.title),
            [keys.label_of(chart.model, chart.group), *self._head()],
            sections,
            reading.words(chart.caption(count)),
            count,
            url=reading.url(reading.period),
            has_bars=not chart.drawn,
            notes=not_added(sections),
        )
        if chart.drawn and sections and not all(one.is_unset for one in sections[0].lines):
            shown.drawing = self._drawing(sections[0])
        return shown

    def _head(self) -> Iterator[str]:
        yield _("Number")
        for one in self.chart.measures:
            yield keys.measure_label(self.chart.model, one)
        if self.reading.before is not None:
            yield str(self.reading.before)

    def _section(
        self, currency: str, now: Mapping[Any, Totals], before: Mapping[Any, Totals]
    ) -> Section:
        rows, rest = self._rows(currency, now, before)
        largest = max((self._size(row.now) for row in rows), default=Decimal(0))
        lines = [self._line(currency, row, largest) for row in [*rows, *rest]]
        return Section(
            currency, currency_words(currency), lines, self._total(currency, now, before)
        )

    def _rows(
        self, currency: str, now: Mapping[Any, Totals], before: Mapping[Any, Totals]
    ) -> tuple[list[Row], list[Row]]:
        """Each group with what it is now and was before, and one of all others."""
        chart, reading = self.chart, self.reading
        if chart.group.name == chart.dated:
            found = keys.keys_of(chart.model, chart.group, now, reading.period)
            was = keys.keys_of(chart.model, chart.group, before, reading.before) if before else []
            return self._paired(found, was[: len(found)], now, before), []
        values = {*now, *before} - {BEYOND}
        found = keys.keys_of(chart.model, chart.group, values, None)
        known = [key for key in found if key.is_known]
        rows = self._paired(known, known, now, before)
        if unknown := [key for key in found if not key.is_known]:
            rows.append(self._unknown(unknown, now, before))
        if chart.by_size:
            rows = sorted(rows, key=lambda row: -self._size(row.now))
        beyond = reading.beyond.get(currency, 0)
        return rows, [self._rest(found, beyond, now, before)] if beyond else []

    def _paired(
        self,
        found: Sequence[Key],
        was: Sequence[Key],
        now: Mapping[Any, Totals],
        before: Mapping[Any, Totals],
    ) -> list[Row]:
        """The groups with those before; months by their place in the period."""
        none: Totals = (0, tuple(Sum() for _one in self.chart.measures))
        return [
            Row(key, now.get(key.value, none), before.get(past.value), past.filter)
            if past is not None
            else Row(key, now.get(key.value, none))
            for key, past in zip_longest(found, was)
        ]

    def _unknown(
        self, found: Sequence[Key], now: Mapping[Any, Totals], before: Mapping[Any, Totals]
    ) -> Row:
        """The groups that the reader may not know, together: they would have the same name."""
        values = [key.value for key in found]
        name, among, _texts = found[0].filter
        narrowed: Filter = (name, among, tuple(text for key in found for text in key.filter[2]))
        told = added([now[value] for value in values if value in now])
        then = added([before[value] for value in values if value in before])
        return Row(replace(found[0], filter=narrowed), told, then, narrowed)

    def _largest(self) -> Largest | None:
        """Teams are never put together, as somebody may be in several."""
        chart = self.chart
        if not chart.by_size or chart.group.name == TEAM:
            return None
        return Largest(chart.most, chart.measures[0].how if chart.measures else "")

    def _size(self, told: Totals) -> Decimal:
        count, sums = told
        if not sums:
            return Decimal(count) if not self.chart.measures else Decimal(0)
        return sums[0].value(self.chart.measures[0].how) or Decimal(0)

    def _line(self, currency: str, row: Row, largest: Decimal) -> Line:
        reading, key = self.reading, row.key
        url = reading.url(reading.period, *reading.only(currency), key.filter)
        figures = self._figures(currency, row.now, url)
        if reading.before is not None:
            figures.append(self._past(currency, row.then, row.was))
        share = self._share(row.now, largest)
        is_unset = key.value is None
        line = Line(key.label, figures, share, key.sign, key.hue, is_unset, key.short)
        return replace(line, initials=key.initials)

    def _past(self, currency: str, then: Totals | None, was: Filter | None) -> Figure:
        """The first measure in the period before, without one the number of rows."""
        if then is None:
            return NOTHING
        reading = self.reading
        more = [*reading.only(currency), *([was] if was is not None else [])]
        figures = self._figures(currency, then, reading.url(reading.before, *more))
        return figures[1] if self.chart.measures else figures[0]

    def _rest(
        self,
        shown: Sequence[Key],
        number: int,
        now: Mapping[Any, Totals],
        before: Mapping[Any, Totals],
    ) -> Row:
        """The groups beyond the most, together."""
        beyond = keys.other(self.chart.model, self.chart.group, shown)
        label = ngettext("%(num)s other", "%(num)s others", number)
        none: Totals = (0, ())
        told, then = now.get(BEYOND, none), before.get(BEYOND, none)
        return Row(Key(BEYOND, label, beyond), told, then, beyond)

    def _total(
        self, currency: str, now: Mapping[Any, Totals], before: Mapping[Any, Totals]
    ) -> Line | None:
        """The sum of the groups; of teams there is none, as somebody may be in several."""
        if self.chart.group.name == TEAM:
            return None
        reading = self.reading
        url = reading.url(reading.period, *reading.only(currency))
        figures = self._figures(currency, added(list(now.values())), url)
        if reading.before is not None:
            figures.append(self._past(currency, added(list(before.values())), None))
        return Line(_("Total"), figures)

    def _figures(self, currency: str, told: Totals, url: str) -> list[Figure]:
        count, sums = told
        return [
            counted(count, url),
            *measured(self.chart.model, self.chart.measures, sums, currency, url),
        ]

    def _share(self, told: Totals, largest: Decimal) -> Decimal:
        return round(self._size(told) * 100 / largest, 1) if largest > 0 else Decimal(0)

    def _drawing(self, section: Section) -> Drawing:
        column, reading = 1 if self.chart.measures else 0, self.reading
        lines = [line for line in section.lines if not line.is_unset]
        series = [series_of(str(reading.period or [*self._head()][column]), lines, column)]
        if reading.before is not None:
            last = len(lines[0].figures) - 1
            series.append(series_of(str(reading.before), lines, last))
        return drawing_of(str(self.chart.title), lines, series, section.currency)


def drawing_of(
    title: str, lines: Sequence[Line], series: Sequence[Series], currency: str = ""
) -> Drawing:
    """What is drawn of these lines: bars side by side."""
    return Drawing(_sentence(title), [line.short or line.label for line in lines], series, currency)


def stacked(title: str, lines: Sequence[Line], names: Sequence[str], currency: str) -> Drawing:
    """What is drawn of these lines: a bar for each, with their parts of these names."""
    parts = [
        Series(
            name,
            [float(line.parts[n].value) for line in lines],
            [line.parts[n].text for line in lines],
            [line.parts[n].url for line in lines],
        )
        for n, name in enumerate(names)
    ]
    labels = [line.label for line in lines]
    return Drawing(_sentence(title), labels, parts, currency, is_stacked=True)


def _sentence(title: str) -> str:
    return _("%(title)s. The same figures are in the table beside it.", title=title)


def series_of(name: str, lines: Sequence[Line], column: int) -> Series:
    """The figures of one column, as bars."""
    figures = [line.figures[column] for line in lines]
    return Series(
        name,
        [float(one.value or 0) for one in figures],
        [one.text for one in figures],
        [one.url for one in figures],
    )
