"""The targets of the quarter, and what of them is reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import ColumnElement, false

from crm.core.datamodel.buckets import Step, first_day, last_day
from crm.core.datamodel.filters import FilterFormat, condition
from crm.core.datamodel.grouping import TEAM, Group, Measure, read_groups
from crm.core.models.text import format_percent
from crm.core.views.display import zone
from crm.opportunities.models import Opportunity, SalesTarget, StageKind
from crm.opportunities.services.targets import may_set
from crm.reporting.boards import keys
from crm.reporting.boards.asked import Asked
from crm.reporting.boards.head import OfOpportunities
from crm.reporting.boards.keys import Filter
from crm.reporting.boards.periods import Period
from crm.reporting.boards.reading import Reading, Rows, Totals, added, currency_words
from crm.reporting.boards.shown import NOTHING, Figure, Line, Section, Shown, money, not_added

OWNER, AMOUNT = Group("owner"), Measure("sum", "amount")
OF_PEOPLE = ("company", TEAM, "owner")  # the filters that targets have
HUNDRED = Decimal(100)

Targets = dict[str, dict[int, Decimal]]  # currency → person → amount


class TargetChart(OfOpportunities):
    """The chart, of the quarters that the period touches."""

    def read(self, asked: Asked, extra: Sequence[ColumnElement[bool]] = ()) -> Shown:
        """The chart of the rows that the actor reads and that satisfy `extra`.

        Raises DomainError for an invalid filter.
        """
        if asked.period is None:
            raise ValueError("targets are of a period")
        span = Period(
            first_day(asked.period.first, Step.QUARTER),
            last_day(first_day(asked.period.last, Step.QUARTER), Step.QUARTER),
        )
        meant = tuple(one for one in asked.filters if one[0] in OF_PEOPLE)
        targets = _read(span, meant)
        people = {pk for each in targets.values() for pk in each}
        mine = [Opportunity.owner_id.in_(people) if people else false()]
        rows = Rows(self.model, _won, "closed_on")
        reading = Reading(rows, Asked(span, filters=meant), [*extra, *mine])
        shown = _Table(self, reading, targets, span).shown()
        if len(meant) < len(asked.filters):
            note = _("Targets are of a person, so that the filter on agencies does not apply.")
            shown.notes = [*shown.notes, note]
        return shown


def _won() -> Sequence[Filter]:
    return (("stage.kind", 0, (StageKind.WON,)),)


def _read(span: Period, filters: Sequence[Filter]) -> Targets:
    """The targets that the actor reads, in one statement."""
    form = FilterFormat(zone())
    where = [condition(SalesTarget, *one, form).where for one in filters]
    where.append(SalesTarget.quarter.between(span.first, span.last))
    found: Targets = {}
    for one in read_groups(SalesTarget, where, [OWNER], [AMOUNT]):
        found.setdefault(one.currency or "", {})[one.keys[0]] = one.sums[0].total
    return found


@dataclass(frozen=True)
class _Table:
    """The chart while it is read for somebody."""

    chart: TargetChart
    reading: Reading
    targets: Targets
    span: Period
    counts: list[int] = field(default_factory=list)

    def shown(self) -> Shown:
        won, _before = self.reading.read([OWNER], [AMOUNT])
        told: Mapping[str, Mapping[int, Totals]] = won
        order = sorted(self.targets, key=lambda one: (-len(self.targets[one]), one))
        sections = [self._section(one, told.get(one, {})) for one in order]
        count = sum(self.counts)
        caption = ngettext(
            "%(num)s opportunity won by people with a target",
            "%(num)s opportunities won by people with a target",
            count,
        )
        shown = Shown(
            self.chart.key,
            str(self.chart.title),
            [_("Salesperson"), _("Reached"), _("Won"), _("Target")],
            sections,
            self.reading.words(caption),
            count,
            notes=not_added(sections),
        )
        if may_set():
            shown.edit_url = url_for("TargetsView.year", year=self.span.last.year)
            shown.edit_label = _("Set the targets")
        return shown

    def _section(self, currency: str, won: Mapping[int, Totals]) -> Section:
        targets = self.targets[currency]
        people = keys.keys_of(Opportunity, OWNER, targets, None)
        lines = []
        for one in people:
            mine, target = _some(won, [one.value]), targets[one.value]
            line = self._line(currency, one.label, [one.filter], mine, target)
            lines.append(replace(line, initials=one.initials, hue=one.hue))
        every = _some(won, list(targets))
        self.counts.append(every[0])
        among = keys.operator_of(Opportunity, "owner", "in")
        team: Filter = ("owner", among, tuple(str(pk) for pk in sorted(targets)))
        total = sum(targets.values(), Decimal(0))
        return Section(
            currency,
            currency_words(currency),
            lines,
            self._line(currency, _("Team"), [team], every, total),
        )

    def _line(
        self, currency: str, label: str, narrow: Sequence[Filter], won: Totals, target: Decimal
    ) -> Line:
        reading = self.reading
        url = reading.url(reading.period, *reading.only(currency), *narrow)
        mine = url if won[0] else ""
        amount = (won[1][0].value("sum") if won[1] else None) or Decimal(0)
        rate = amount * HUNDRED / target if target else None
        reached = (
            NOTHING
            if rate is None
            else Figure(format_percent(round(rate, 1), 1), rate, mine, is_reached=rate >= HUNDRED)
        )
        figures = [reached, money(amount, currency, mine), money(target, currency)]
        return Line(label, figures, min(HUNDRED, round(rate or Decimal(0), 1)))


def _some(won: Mapping[int, Totals], people: Sequence[int]) -> Totals:
    return added([won[pk] for pk in people if pk in won])


TARGETS = TargetChart("targets", _l("Targets of the quarter"))
