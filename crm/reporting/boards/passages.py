"""From a stage to the next: how many go on, and how long they stay. Source: spec 12.

Of the opportunities that entered a stage in the period: those that later reached a stage after it,
skipped ones included, and the median time of those that have left it, all their stays added up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import ColumnElement

from crm.core.models.text import format_day, format_percent
from crm.opportunities.models import Stage, StageKind
from crm.opportunities.passages import (
    ENTERED,
    LEFT,
    WENT_ON,
    all_stages,
    entry_text,
)
from crm.reporting.boards.asked import Asked, conditions
from crm.reporting.boards.head import OfOpportunities
from crm.reporting.boards.opportunities import days
from crm.reporting.boards.passage_times import DAY, Passed, read_passages
from crm.reporting.boards.periods import Period
from crm.reporting.boards.reading import Reading, Rows
from crm.reporting.boards.shown import NOTHING, Figure, Line, Section, Shown, counted

HUNDRED = Decimal(100)


class Passages(OfOpportunities):
    """The chart."""

    def read(self, asked: Asked, extra: Sequence[ColumnElement[bool]] = ()) -> Shown:
        """The chart of the rows that the actor reads and that satisfy `extra`.

        Raises DomainError for an invalid filter.
        """
        reading = Reading(Rows(self.model, lambda: ()), asked, extra)
        where = [*conditions(reading.view, reading.filters), *extra]
        stages = all_stages()
        found = read_passages(stages, where, asked.period)
        before = read_passages(stages, where, asked.before) if asked.before is not None else None
        lines = _Lines(reading, found, before).lines(stages)
        caption = _caption(sum(one.entered for one in found.values()), asked.period)
        head = [_("Stages"), _("Entered"), _("Moved on"), _("Rate"), _("Median time")]
        if asked.before is not None:
            head.append(str(asked.before))
        sections = [Section("", "", lines)] if found or before else []
        return Shown(self.key, str(self.title), head, sections, reading.words(caption), len(found))


def _caption(count: int, period: Period | None) -> str:
    text = ngettext("%(num)s entry into a stage", "%(num)s entries into a stage", count)
    if period is None:
        return text
    dates = f"{format_day(period.first)} – {format_day(period.last)}"
    return _("%(field)s: %(days)s", field=text, days=dates)


@dataclass(frozen=True)
class _Lines:
    """The lines of the chart: of the period, and of the one before where they are compared."""

    reading: Reading
    found: Mapping[int, Passed]
    before: Mapping[int, Passed] | None

    def lines(self, stages: Sequence[Stage]) -> list[Line]:
        """A line for each open stage that is in use or was entered."""
        opened = [
            one
            for one in stages
            if one.kind == StageKind.OPEN and (one.active or one.id in self.found)
        ]
        won = next((str(one.name) for one in stages if one.kind == StageKind.WON), _("Won"))
        following = [*(str(one.name) for one in opened[1:]), won]
        return [self._line(stage, after) for stage, after in zip(opened, following, strict=True)]

    def _line(self, stage: Stage, after: str) -> Line:
        asked = self.reading.asked
        one = self.found.get(stage.id, Passed())
        rate = self._rate(stage, one, asked.period)
        spent = NOTHING
        if one.seconds is not None:
            spent = _time(one.seconds, self._url(stage, LEFT, asked.period))
        figures = [
            counted(one.entered, self._url(stage, ENTERED, asked.period)),
            counted(one.went_on, self._url(stage, WENT_ON, asked.period)),
            rate,
            spent,
        ]
        if self.before is not None:
            past = self.before.get(stage.id, Passed())
            figures.append(self._rate(stage, past, asked.before))
        share = round(Decimal(rate.value or 0), 1)
        return Line(str(stage.name), figures, share, after=after)

    def _rate(self, stage: Stage, one: Passed, period: Period | None) -> Figure:
        """Of those that entered, which its link opens, how many went on."""
        if not one.entered:
            return NOTHING
        rate = HUNDRED * one.went_on / one.entered
        return Figure(format_percent(rate, 1), rate, self._url(stage, ENTERED, period))

    def _url(self, stage: Stage, how: int, period: Period | None) -> str:
        days = (period.first, period.last) if period is not None else None
        return self.reading.url(None, ("passage", how, (entry_text(stage.id, days),)))


def _time(seconds: Decimal, url: str) -> Figure:
    return Figure(days(seconds / DAY), round(seconds / DAY, 2), url)


PASSAGES = Passages("passages", _l("From one stage to the next"))
