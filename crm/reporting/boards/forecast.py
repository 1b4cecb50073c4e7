"""The forecast by month: what is committed, weighted and at best.

An open opportunity counts in the month of its expected close date, a won one in that of its close.
Committed is what is won, and what is open at `LIKELY` per cent or more.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import ColumnElement

from crm.companies.days import today
from crm.core.datamodel.buckets import Step, first_day, last_day
from crm.core.datamodel.grouping import Group, Measure
from crm.opportunities.models import Opportunity, StageKind
from crm.reporting.boards import keys
from crm.reporting.boards.asked import Asked
from crm.reporting.boards.charts import drawing_of, series_of
from crm.reporting.boards.head import OfOpportunities
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
from crm.reporting.boards.shown import Figure, Line, Section, Shown, counted, money, not_added

LIKELY = 75  # per cent, from which on an open one is counted on
MONTHS = 6  # from the present one on
DATED = "forecast_on"
GROUPS = (Group(DATED, Step.MONTH), Group("stage.kind"), Group("probability"))
MEASURES = (
    Measure("sum", "amount"), Measure("sum", "weighted_amount"), Measure("sum", "best_amount"),
)  # fmt: skip
COMMITTED, WEIGHTED, BEST = range(len(MEASURES))
OPEN: Filter = ("stage.kind", 0, (StageKind.OPEN,))

Told = Mapping[tuple[date, str, int], Totals]  # by month, kind of stage, probability


def coming_months() -> Period:
    """The present month and those after it."""
    first = last = first_day(today(), Step.MONTH)
    for _month in range(MONTHS):
        last = last_day(last, Step.MONTH)
        end, last = last, date.fromordinal(last.toordinal() + 1)
    return Period(first, end)


def _open_or_won() -> Sequence[Filter]:
    return (("stage.kind", 0, (StageKind.OPEN, StageKind.WON)),)


def _caption(count: int) -> str:
    text = ngettext("%(num)s open or won opportunity", "%(num)s open or won opportunities", count)
    return _("%(rows)s; committed: won, or open at 75%% or more", rows=text)


class Forecast(OfOpportunities):
    """The chart."""

    def read(self, asked: Asked, extra: Sequence[ColumnElement[bool]] = ()) -> Shown:
        """The chart of the rows that the actor reads and that satisfy `extra`.

        Raises DomainError for an invalid filter.
        """
        rows = Rows(self.model, _open_or_won, DATED, coming_months)
        return _Table(self, Reading(rows, Asked(filters=asked.filters), extra)).shown()


@dataclass(frozen=True)
class _Table:
    """The forecast while it is read for somebody."""

    chart: Forecast
    reading: Reading

    def shown(self) -> Shown:
        reading = self.reading
        found, _before = reading.read(GROUPS, MEASURES)
        by_currency: Mapping[str, Told] = found
        sections = [self._section(one, by_currency[one]) for one in currencies(found)]
        count = reading.number(found, GROUPS)
        shown = Shown(
            self.chart.key,
            str(self.chart.title),
            [_("Closing"), _("Number"), _("Committed"), _("Weighted"), _("Best case")],
            sections,
            reading.words(_caption(count)),
            count,
            url=reading.url(reading.period),
            has_bars=False,
            notes=not_added(sections),
        )
        if sections:
            bars = [series_of(shown.head[n], sections[0].lines, n - 1) for n in (2, 3, 4)]
            shown.drawing = drawing_of(shown.title, sections[0].lines, bars, sections[0].currency)
        return shown

    def _section(self, currency: str, told: Told) -> Section:
        months = keys.keys_of(Opportunity, GROUPS[0], (), self.reading.period)
        lines = [self._line(currency, told, month) for month in months]
        return Section(currency, currency_words(currency), lines, self._line(currency, told, None))

    def _line(self, currency: str, told: Told, month: Key | None) -> Line:
        """A month, or all of them."""
        mine = {key: one for key, one in told.items() if month is None or key[0] == month.value}
        narrow = [*self.reading.only(currency), *([month.filter] if month is not None else [])]
        at_least = keys.operator_of(Opportunity, "probability", "gte")
        likely: Filter = ("probability", at_least, (str(LIKELY),))
        every, opened = self._url(*narrow), self._url(*narrow, OPEN)
        figures = [
            counted(sum(count for count, _sums in mine.values()), every),
            _cell(mine, _is_likely, COMMITTED, currency, self._url(*narrow, likely)),
            _cell(mine, _is_of_open, WEIGHTED, currency, opened),
            _cell(mine, _is_of_open, BEST, currency, opened),
        ]
        return Line(
            month.label if month is not None else _("Total"),
            figures,
            short=month.short if month is not None else "",
        )

    def _url(self, *more: Filter) -> str:
        return self.reading.url(self.reading.period, *more)


def _is_of_open(kind: str, probability: int) -> bool:
    return kind == StageKind.OPEN


def _is_likely(kind: str, probability: int) -> bool:
    return probability >= LIKELY  # of a won one it is 100


def _cell(
    told: Told, is_meant: Callable[[str, int], bool], measure: int, currency: str, url: str
) -> Figure:
    count, sums = added([one for key, one in told.items() if is_meant(*key[1:])])
    total = sums[measure].value("sum") if sums else Decimal(0)
    return money(total, currency, url if count else "")


FORECAST = Forecast("forecast", _l("Forecast by month"), drawn=True)
