"""A chart by two groups: a line for each value of the one, a column for each of the other."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement

from crm.core.datamodel.grouping import TEAM, Group, Measure
from crm.core.datamodel.largest import Largest
from crm.core.errors import DomainError
from crm.core.models import Label
from crm.reporting.boards import keys, stacks
from crm.reporting.boards.asked import Asked
from crm.reporting.boards.cells import Cells, Row, sizes_of, told_in
from crm.reporting.boards.charts import Caption, drawing_of, is_open, series_of, stacked
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
    Part,
    Section,
    Shown,
    counted,
    measured,
    not_added,
)


@dataclass(frozen=True)
class Matrix:
    """A chart of a board, by `lines` and `columns`; the rest as in Chart.

    The columns are few: choices or a vocabulary, at most `most_columns` where that is said. Lines
    that are not months come largest first, or `in_order`, and from `most` on they stand together.
    `drawn`: of months a bar for each column, else one bar with a part for each; what is not drawn
    has such bars in its rows. `totals`: the cells are amounts alone, between their number and sum.
    """

    key: str
    title: Label
    model: type[Any]
    lines: Group
    columns: Group
    caption: Caption
    measures: Sequence[Measure] = ()
    filters: Callable[[], Sequence[Filter]] = field(default=lambda: ())
    dated: str = ""
    most: int = 15
    drawn: bool = False
    window: Callable[[], Period] | None = None
    view: Any = None
    most_columns: int = 0
    in_order: bool = False
    totals: bool = False
    has_room: bool = False  # over the whole width, as its columns are many

    @property
    def is_wide(self) -> bool:
        return self.drawn or self.has_room

    def is_open(self) -> bool:
        """Whether the actor reads rows of its table, and the settings show its fields."""
        return is_open(self.model, [self.lines, self.columns], self.measures)

    def read(self, asked: Asked, extra: Sequence[ColumnElement[bool]] = ()) -> Shown:
        """The chart of the rows that the actor reads and that satisfy `extra`.

        Raises DomainError for an invalid filter, or for too many columns.
        """
        rows = Rows(self.model, self.filters, self.dated, self.window, self.view)
        return _Table(self, Reading(rows, asked, extra)).shown()


@dataclass(frozen=True)
class _Table:
    """A matrix while it is read for somebody."""

    chart: Matrix
    reading: Reading

    def shown(self) -> Shown:
        chart, reading = self.chart, self.reading
        cut = Largest(chart.most) if chart.lines.name not in (TEAM, chart.dated) else None
        now, before = reading.read([chart.lines, chart.columns], chart.measures, cut)
        cells: Mapping[str, Any] = now
        found = {column for each in cells.values() for _line, column in each}
        if chart.most_columns and len(found) > chart.most_columns:
            raise DomainError(_too_many(chart, len(found)))
        columns = keys.keys_of(chart.model, chart.columns, found, None)
        sections = [
            Section(
                one,
                currency_words(one),
                *self._lines(one, cells[one], before.get(one, {}), columns),
            )
            for one in currencies(now)
        ]
        every = [one for section in sections for one in section.lines]
        count = reading.number(now, [chart.lines, chart.columns])
        shown = Shown(
            chart.key,
            str(chart.title),
            [keys.label_of(chart.model, chart.lines), *self._head(columns)],
            sections,
            reading.words(chart.caption(count)),
            count,
            url=reading.url(reading.period),
            has_bars=self._has_bars,
            notes=[*not_added(sections), *self._of_teams(every)],
        )
        if self._has_bars:
            shown.legend = self._legend(len(columns))
        if chart.drawn and sections:
            shown.drawing = self._drawing(shown.title, sections[0], columns)
        return shown

    @property
    def _has_bars(self) -> bool:
        """Whether its rows carry them."""
        return not self.chart.drawn and self._has_parts

    @property
    def _has_parts(self) -> bool:
        """Whether a line is a bar of its columns: averages and months do not make one up."""
        is_added = all(one.how == "sum" for one in self.chart.measures[:1])
        return is_added and self.chart.lines.step is None and self.chart.columns.step is None

    def _legend(self, many: int) -> Mapping[int, int]:
        """The colour of each column that has one, by its place in the head."""
        step = 1 if self.chart.totals else 1 + len(self.chart.measures)
        return {1 + n * step: stacks.colour(n, many) for n in range(many)}

    def _drawing(self, title: str, section: Section, columns: Sequence[Key]) -> Drawing:
        """Of months a bar for each column, else one for each line, with its parts."""
        lines = [line for line in section.lines if not line.is_unset]
        if self.chart.lines.step is None:
            return stacked(title, section.lines, stacks.names(columns), section.currency)
        step = 1 + len(self.chart.measures)
        first = 1 if self.chart.measures else 0
        bars = [series_of(key.label, lines, first + n * step) for n, key in enumerate(columns)]
        return drawing_of(title, lines, bars, section.currency)

    def _of_teams(self, lines: Sequence[Line]) -> list[str]:
        if self.chart.lines.name != TEAM or not lines:
            return []
        return [_("Somebody of two teams counts in both.")]

    def _head(self, columns: Sequence[Key]) -> Iterator[str]:
        chart, before = self.chart, self.reading.before
        if chart.totals:
            yield _("Number")
        for key in columns:
            yield key.label
            for one in () if chart.totals else chart.measures:
                label = keys.measure_label(chart.model, one)
                yield _("%(measure)s, %(group)s", measure=label, group=key.label)
        if chart.totals or not chart.measures:
            yield _("Total")
        if before is not None:
            labels = [_("%(measure)s, %(group)s", measure=k.label, group=before) for k in columns]
            yield from [str(before)] if self._is_added else labels

    @property
    def _is_added(self) -> bool:
        """Whether there is a total across the columns."""
        return self.chart.totals or not self.chart.measures

    def _lines(
        self, currency: str, cells: Cells, before: Cells, columns: Sequence[Key]
    ) -> tuple[list[Line], Line | None]:
        """The lines, and their total; of teams there is none, as somebody may be in several."""
        chart, reading = self.chart, self.reading
        sizes = Counter({line: 0 for line, _column in before})
        sizes.update(sizes_of(cells))
        dated = chart.lines.name == chart.dated
        if dated:
            sizes = Counter(sizes_of(cells))
        values = [value for value in sizes if value is not BEYOND]
        rows = keys.keys_of(chart.model, chart.lines, values, reading.period if dated else None)
        was = rows
        if dated and before:
            was = keys.keys_of(chart.model, chart.lines, sizes_of(before), reading.before)
        elif not (dated or chart.in_order):
            was = rows = sorted(rows, key=lambda key: -sizes[key.value])
        groups = [
            Row(key, [key.value], [past.value] if past is not None else [], past)
            for key, past in zip_longest(rows, was[: len(rows)])
        ]
        if BEYOND in sizes:
            label = ngettext("%(num)s other", "%(num)s others", reading.beyond[currency])
            rest = Key(BEYOND, label, keys.other(chart.model, chart.lines, rows))
            groups.append(Row(rest, [BEYOND], [BEYOND], rest))
        largest = max((self._size(cells, row.values) for row in groups), default=Decimal(0))
        lines = [self._line(currency, cells, before, columns, row, largest) for row in groups]
        if chart.lines.name == TEAM:
            return lines, None
        every = [line for line, _column in {**cells, **before}]
        total = Row(Key(..., _("Total"), columns[0].filter), every, every, None, is_total=True)
        return lines, self._line(currency, cells, before, columns, total, Decimal(0))

    def _line(
        self,
        currency: str,
        cells: Cells,
        before: Cells,
        columns: Sequence[Key],
        row: Row,
        largest: Decimal,
    ) -> Line:
        chart, reading = self.chart, self.reading
        only = reading.only(currency)
        more = [*only, *([] if row.is_total else [row.key.filter])]
        told = [told_in(cells, row.values, column.value) for column in columns]
        urls = [reading.url(reading.period, *more, column.filter) for column in columns]
        every, url = added(told), reading.url(reading.period, *more)
        figures: list[Figure] = [counted(every[0], url)] if chart.totals else []
        for one, its_url in zip(told, urls, strict=True):
            figures += self._figures(currency, one, its_url)
        if self._is_added:  # numbers of rows add up across columns, and so do sums
            figures += self._figures(currency, every, url)
        if reading.before is not None:
            figures += self._past(currency, before, columns, row)
        key = row.key
        line = Line(key.label, figures, is_unset=key.value is None, short=key.short)
        if self._has_parts and not row.is_total:
            parts = self._parts(currency, told, urls, columns, more, largest)
            line = replace(line, parts=parts)
        return replace(line, sign=key.sign, hue=key.hue, initials=key.initials)

    def _figures(self, currency: str, told: Totals, url: str) -> list[Figure]:
        count, sums = told
        amounts = measured(self.chart.model, self.chart.measures, sums, currency, url)
        if self.chart.totals:
            return amounts[:1] if count else [NOTHING]
        return [counted(count, url), *amounts]

    def _past(self, currency: str, before: Cells, columns: Sequence[Key], row: Row) -> list[Figure]:
        """The same in the period before: the total, or the first measure of each column."""
        reading = self.reading
        more = [*reading.only(currency), *([row.past.filter] if row.past is not None else [])]
        told = [told_in(before, row.then, column.value) for column in columns]
        if self._is_added:
            left = [told_in(before, row.then, column) for column in {c for _line, c in before}]
            found = self._figures(currency, added(left), reading.url(reading.before, *more))
            return found[-1:]
        return [
            self._figures(currency, one, reading.url(reading.before, *more, column.filter))[
                1 if self.chart.measures else 0
            ]
            for one, column in zip(told, columns, strict=True)
        ]

    def _size(self, cells: Cells, lines: Sequence[Any]) -> Decimal:
        measured_ = bool(self.chart.measures)
        found = (one for (line, _column), one in cells.items() if line in lines)
        return sum((stacks.length(one, measured_) for one in found), Decimal(0))

    def _parts(
        self,
        currency: str,
        told: Sequence[Totals],
        urls: Sequence[str],
        columns: Sequence[Key],
        more: Sequence[Filter],
        largest: Decimal,
    ) -> list[Part]:
        """The parts of a bar, one for each colour: the last one has all further columns."""
        few = stacks.few(columns)
        parts = list(zip(told, urls, strict=True))[:few]
        if few < len(columns):
            rest = keys.other(self.chart.model, self.chart.columns, columns[:few])
            url = self.reading.url(self.reading.period, *more, rest)
            parts.append((added(told[few:]), url))
        measured_ = bool(self.chart.measures)
        return stacks.parts(currency, stacks.names(columns), parts, largest, measured_)


def _too_many(chart: Matrix, number: int) -> str:
    return _(
        "“%(field)s” has %(num)s values here, too many for columns: filter, or group by it alone.",
        field=keys.label_of(chart.model, chart.columns),
        num=number,
    )
