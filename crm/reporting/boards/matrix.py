"""A chart by two groups: a line for each value of the one, a column for each of the other."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement

from crm.core.datamodel.grouping import TEAM, Group, Measure
from crm.core.errors import DomainError
from crm.core.models import Label
from crm.reporting.boards import keys
from crm.reporting.boards.asked import Asked
from crm.reporting.boards.charts import Caption, drawing_of, is_open, series_of
from crm.reporting.boards.keys import Filter, Key
from crm.reporting.boards.periods import Period
from crm.reporting.boards.reading import (
    Reading,
    Rows,
    Totals,
    added,
    currencies,
    currency_words,
)
from crm.reporting.boards.shown import Figure, Line, Section, Shown, counted, measured, not_added

Cells = Mapping[tuple[Any, Any], Totals]
NO_ROWS: Totals = (0, ())


@dataclass(frozen=True)
class Matrix:
    """A chart of a board, by `lines` and `columns`; the rest as in Chart.

    The columns are few: choices or a vocabulary, at most `most_columns` where that is said. Lines
    that are not months come largest first, and from `most` on they stand together. `drawn`: of
    months, a bar for each column.
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

    def is_open(self) -> bool:
        """Whether the actor reads rows of its table, and the settings show its fields."""
        return is_open(self.model, [self.lines, self.columns], self.measures)

    def read(self, asked: Asked, extra: Sequence[ColumnElement[bool]] = ()) -> Shown:
        """The chart of the rows that the actor reads and that satisfy `extra`.

        Raises DomainError for an invalid filter, or for too many columns.
        """
        asked = Asked(asked.period, filters=asked.filters)  # it has no room for a comparison
        rows = Rows(self.model, self.filters, self.dated, self.window, self.view)
        return _Table(self, Reading(rows, asked, extra)).shown()


@dataclass(frozen=True)
class _Table:
    """A matrix while it is read for somebody."""

    chart: Matrix
    reading: Reading

    def shown(self) -> Shown:
        chart, reading = self.chart, self.reading
        now, _before = reading.read([chart.lines, chart.columns], chart.measures)
        cells: Mapping[str, Any] = now
        found = {column for each in cells.values() for _line, column in each}
        if chart.most_columns and len(found) > chart.most_columns:
            raise DomainError(_too_many(chart, len(found)))
        columns = keys.keys_of(chart.model, chart.columns, found, None)
        sections = [
            Section(one, currency_words(one), *self._lines(one, cells[one], columns))
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
            has_bars=False,
            notes=[*not_added(sections), *self._of_teams(every)],
        )
        if chart.drawn and sections:
            step = 1 + len(chart.measures)
            column = 1 if chart.measures else 0
            lines = [line for line in sections[0].lines if not line.is_unset]
            bars = [series_of(key.label, lines, n * step + column) for n, key in enumerate(columns)]
            shown.drawing = drawing_of(shown.title, lines, bars)
        return shown

    def _of_teams(self, lines: Sequence[Line]) -> list[str]:
        if self.chart.lines.name != TEAM or not lines:
            return []
        return [_("Somebody of two teams counts in both.")]

    def _head(self, columns: Sequence[Key]) -> Iterator[str]:
        for key in columns:
            yield key.label
            for one in self.chart.measures:
                label = keys.measure_label(self.chart.model, one)
                yield _("%(measure)s, %(group)s", measure=label, group=key.label)
        if not self.chart.measures:
            yield _("Total")

    def _lines(
        self, currency: str, cells: Cells, columns: Sequence[Key]
    ) -> tuple[list[Line], Line | None]:
        """The lines, and their total; of teams there is none, as somebody may be in several."""
        chart, reading = self.chart, self.reading
        sizes = _sizes(cells)
        values, others = self._cut(sizes)
        period = reading.period if chart.lines.name == chart.dated else None
        rows = keys.keys_of(chart.model, chart.lines, values, period)
        if chart.lines.name != chart.dated:
            rows = sorted(rows, key=lambda key: -sizes[key.value])
        lines = [
            self._line(currency, cells, columns, key, [key.value], [key.filter]) for key in rows
        ]
        if others:
            label = ngettext("%(num)s other", "%(num)s others", len(others))
            rest = Key(..., label, keys.other(chart.model, chart.lines, rows))
            lines.append(self._line(currency, cells, columns, rest, others, [rest.filter]))
        if chart.lines.name == TEAM:
            return lines, None
        total = Key(..., _("Total"), columns[0].filter)
        return lines, self._line(currency, cells, columns, total, [*values, *others], [])

    def _cut(self, sizes: Mapping[Any, int]) -> tuple[list[Any], list[Any]]:
        """The largest lines and the others, before any of them is named."""
        chart = self.chart
        if chart.lines.name in (TEAM, chart.dated) or len(sizes) <= chart.most + 1:
            return list(sizes), []
        by_size = sorted(sizes, key=lambda v: (-sizes[v], v is None, str(v)))
        return by_size[: chart.most], by_size[chart.most :]

    def _line(
        self,
        currency: str,
        cells: Cells,
        columns: Sequence[Key],
        key: Key,
        values: Sequence[Any],
        narrowed: Sequence[Filter],
    ) -> Line:
        """The cells of one line; `values` are its groups, several where they stand together."""
        more = [*self.reading.only(currency), *narrowed]
        figures: list[Figure] = []
        parts = []
        for column in columns:
            told = [
                cells[value, column.value] for value in values if (value, column.value) in cells
            ]
            parts += told
            url = self.reading.url(self.reading.period, *more, column.filter)
            figures += self._figures(currency, added(told) if told else NO_ROWS, url)
        if not self.chart.measures:  # numbers of rows add up across columns
            url = self.reading.url(self.reading.period, *more)
            figures += self._figures(currency, added(parts), url)
        return Line(key.label, figures, is_unset=key.value is None, short=key.short)

    def _figures(self, currency: str, told: Totals, url: str) -> list[Figure]:
        count, sums = told
        return [
            counted(count, url),
            *measured(self.chart.model, self.chart.measures, sums, currency, url),
        ]


def _too_many(chart: Matrix, number: int) -> str:
    return _(
        "“%(field)s” has %(num)s values here, too many for columns: filter, or group by it alone.",
        field=keys.label_of(chart.model, chart.columns),
        num=number,
    )


def _sizes(cells: Cells) -> Mapping[Any, int]:
    """Line → number of rows."""
    sizes: Counter[Any] = Counter()
    for (line, _column), (count, _sums) in cells.items():
        sizes[line] += count
    return sizes
