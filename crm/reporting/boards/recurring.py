"""Recurring revenue by month: what begins, what ends, what runs. Source: spec 7.5."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import ColumnElement, case, literal

from crm.core.datamodel.buckets import Step, bucket
from crm.core.datamodel.filters import made_column
from crm.core.datamodel.grouping import Group, Measure, read_groups
from crm.core.db import db
from crm.opportunities.models import Opportunity, StageKind
from crm.reporting.boards import keys
from crm.reporting.boards.asked import Asked, conditions
from crm.reporting.boards.head import OfOpportunities
from crm.reporting.boards.keys import Filter, Key
from crm.reporting.boards.periods import Period
from crm.reporting.boards.reading import Reading, Rows, Totals, added, currencies, currency_words
from crm.reporting.boards.shown import Figure, Line, Section, Shown, counted, money, not_added

MONTHLY = Measure("sum", "recurring_monthly")
START, END = "recurring_start_on", "recurring_end_on"

Span = tuple[date, date]  # the months in which it begins and ends, held within the period
Told = Mapping[Span, Totals]


def _won_with_recurring() -> Sequence[Filter]:
    return (("stage.kind", 0, (StageKind.WON,)), ("recurring_amount", 4, ()))


def _caption(count: int) -> str:
    return ngettext(
        "%(num)s won opportunity whose recurring revenue runs in these months",
        "%(num)s won opportunities whose recurring revenue runs in these months",
        count,
    )


class Recurring(OfOpportunities):
    """The chart, of the months of the period; it is told in monthly revenue.

    A revenue ends on its first day no longer covered. What runs is what runs after a month's last
    day: what ran before it, and what began in it, without what ended.
    """

    def read(self, asked: Asked, extra: Sequence[ColumnElement[bool]] = ()) -> Shown:
        """The chart of the rows that the actor reads and that satisfy `extra`.

        Raises DomainError for an invalid filter.
        """
        reading = Reading(Rows(self.model, _won_with_recurring), asked, extra)
        if asked.period is None:
            raise ValueError("recurring revenue by month needs a period")
        return _Table(self, reading, asked.period).shown()


@dataclass(frozen=True)
class _Table:
    """The chart while it is read for somebody."""

    chart: Recurring
    reading: Reading
    period: Period

    def shown(self) -> Shown:
        told = self._read()
        sections = [self._section(one, told[one]) for one in currencies(told)]
        count = sum(count for each in told.values() for count, _sums in each.values())
        return Shown(
            self.chart.key,
            str(self.chart.title),
            [_("Month"), _("Number running"), _("Running"), _("Started"), _("Ended")],
            sections,
            self.reading.words(_caption(count)),
            count,
            url=self._url(self._begins(self.period.last), self._ends(self.period.first)),
            notes=not_added(sections),
        )

    def _read(self) -> dict[str, dict[Span, Totals]]:
        """Currency → the months in which revenue begins and ends → sums; in one statement."""
        first, last = self.period.first, self.period.last
        dialect = db.session().get_bind().dialect.name
        start: Any = Opportunity.recurring_start_on
        end: Any = made_column(Opportunity, END)
        within = [self._begins(last), self._ends(first)]
        where = conditions(self.reading.view, [*self.reading.filters, *within])
        groups = [
            case((start < first, literal(date.min)), else_=bucket(start, Step.MONTH, dialect)),
            case((end > last, literal(date.max)), else_=bucket(end, Step.MONTH, dialect)),
        ]
        found: dict[str, dict[Span, Totals]] = {}
        for one in read_groups(Opportunity, [*where, *self.reading.extra], groups, [MONTHLY]):
            each = found.setdefault(one.currency or "", {})
            each[one.keys[0], one.keys[1]] = (one.count, one.sums)
        return found

    def _section(self, currency: str, told: Told) -> Section:
        months = keys.keys_of(Opportunity, Group(START, Step.MONTH), (), self.period)
        running = [_running(told, month) for month in months]
        largest = max((_value(one) for one in running), default=Decimal(0))
        lines = [
            self._line(currency, told, month, one, largest)
            for month, one in zip(months, running, strict=True)
        ]
        return Section(currency, currency_words(currency), lines)

    def _line(
        self, currency: str, told: Told, month: Key, running: Totals, largest: Decimal
    ) -> Line:
        only = self.reading.only(currency)
        first, last = (date.fromisoformat(text) for text in month.filter[2])
        after = last + timedelta(days=1)
        runs = self._url(*only, self._begins(last), self._ends(after))
        started = _some(told, lambda span: span[0] == month.value)
        ended = _some(told, lambda span: span[1] == month.value)
        between = keys.operator_of(Opportunity, END, "between")
        stops: Filter = (END, between, (first.isoformat(), last.isoformat()))
        figures = [
            counted(running[0], runs),
            _money(running, currency, runs),
            _money(started, currency, self._url(*only, month.filter)),
            _money(ended, currency, self._url(*only, stops)),
        ]
        share = round(_value(running) * 100 / largest, 1) if largest else Decimal(0)
        return Line(month.label, figures, share, short=month.short)

    def _begins(self, last: date) -> Filter:
        return (START, keys.operator_of(Opportunity, START, "lte"), (last.isoformat(),))

    def _ends(self, first: date) -> Filter:
        return (END, keys.operator_of(Opportunity, END, "gte"), (first.isoformat(),))

    def _url(self, *more: Filter) -> str:
        return self.reading.url(None, *more)


def _running(told: Told, month: Key) -> Totals:
    """What runs after the last day of a month."""
    return _some(told, lambda span: span[0] <= month.value < span[1])


def _some(told: Told, is_meant: Callable[[Span], bool]) -> Totals:
    return added([one for span, one in told.items() if is_meant(span)])


def _value(told: Totals) -> Decimal:
    return (told[1][0].value("sum") if told[1] else None) or Decimal(0)


def _money(told: Totals, currency: str, url: str) -> Figure:
    return money(_value(told), currency, url if told[0] else "")


RECURRING = Recurring("recurring", _l("Recurring revenue by month"), measures=[MONTHLY])
