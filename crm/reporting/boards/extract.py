"""A short list of rows on a board, such as the largest open opportunities."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement

from crm.core.datamodel.grouping import Group, Measure
from crm.core.datamodel.paging import PageRequest
from crm.core.models import Label, kinds, spec_of
from crm.reporting.boards.asked import Asked, conditions
from crm.reporting.boards.charts import Caption, is_open
from crm.reporting.boards.keys import Filter
from crm.reporting.boards.reading import Reading, Rows, currencies, currency_words
from crm.reporting.boards.shown import Figure, Line, Section, Shown, money, not_added

CURRENCIES = 3  # of a list by amount, those with the most rows


@dataclass(frozen=True)
class Extract:
    """The first rows of a list in an `order`; the rest as in Chart.

    By an amount they are listed for each currency, as amounts of several cannot be compared.
    """

    key: str
    title: Label
    model: type[Any]
    columns: Sequence[str]
    order: tuple[str, str]
    caption: Caption
    filters: Callable[[], Sequence[Filter]] = field(default=lambda: ())
    dated: str = ""
    most: int = 8
    drawn: bool = False
    needs: Sequence[str] = ()  # fields whose setting shows it

    @property
    def is_wide(self) -> bool:
        """Its columns are words, which need the room."""
        return True

    def is_open(self) -> bool:
        """Whether the actor reads rows of its table, and the settings show its fields."""
        return is_open(self.model, [Group(name) for name in self.needs])

    @property
    def by_amount(self) -> bool:
        return _is_money(self.model, self.order[0])

    def read(self, asked: Asked, extra: Sequence[ColumnElement[bool]] = ()) -> Shown:
        """The first of the rows that the actor reads and that satisfy `extra`.

        Raises DomainError for an invalid filter.
        """
        asked = Asked(asked.period, filters=asked.filters)
        return _Lines(
            self, Reading(Rows(self.model, self.filters, self.dated), asked, extra)
        ).shown()


@dataclass(frozen=True)
class _Lines:
    """A list while it is read for somebody."""

    chart: Extract
    reading: Reading

    def shown(self) -> Shown:
        chart, reading = self.chart, self.reading
        measures = [Measure("sum", chart.order[0])] if chart.by_amount else []
        now, _before = reading.read([], measures)
        columns = reading.view.visible(chart.columns)
        names = currencies(now)[:CURRENCIES] if chart.by_amount else [""] if now else []
        sections = [
            Section(
                name, currency_words(name), [self._line(row, columns) for row in self._rows(name)]
            )
            for name in names
        ]
        count = reading.number(now, [])
        head = [str(reading.view.words("entity_name"))]
        head += [str(spec_of(chart.model, name).label) for name in columns]
        return Shown(
            chart.key,
            str(chart.title),
            head,
            sections,
            reading.words(chart.caption(count)),
            count,
            url=reading.url(reading.period),
            has_bars=False,
            notes=not_added(sections),
            words=[n for n, name in enumerate(columns, 1) if not _is_money(chart.model, name)],
        )

    def _rows(self, currency: str) -> Sequence[Any]:
        """One statement for each currency, of a few rows."""
        chart, reading = self.chart, self.reading
        bound = [reading.bound(reading.period)] if reading.period is not None else []
        filters = [*reading.filters, *bound, *reading.only(currency)]
        where = [*conditions(reading.view, filters), *reading.extra]
        source = reading.view.datamodel
        relations = [*chart.columns]
        ask = PageRequest(chart.most)
        found: Sequence[Any] = source.page(
            source.select(*where), [chart.order], ask, relations
        ).rows
        return found

    def _line(self, row: Any, columns: Sequence[str]) -> Line:
        figures = [self._figure(row, name) for name in columns]
        return Line(str(row), figures, url=self.reading.view.page_of(row) or "")

    def _figure(self, row: Any, name: str) -> Figure:
        shown = self.reading.view.field_of(row, name)
        if _is_money(self.chart.model, name):
            return money(getattr(row, name), row.currency)
        is_date = spec_of(self.chart.model, name).kind.widget in ("date", "instant")
        return Figure(shown.text, is_words=True, is_date=is_date)


def _is_money(model: type[Any], name: str) -> bool:
    return spec_of(model, name).kind is kinds.MONEY
