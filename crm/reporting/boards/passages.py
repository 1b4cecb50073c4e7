"""From a stage to the next: how many go on, and how long they stay. Source: issue 19, spec 7.2.

Of the opportunities that entered a stage in the period: those that later reached a stage after it,
skipped ones included, and the median time of those that have left it, all their stays added up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import ColumnElement, Float, Select, case, cast, extract, func, select

from crm.core.db import db
from crm.core.models.text import format_day, format_percent
from crm.core.views.display import zone
from crm.opportunities.models import Opportunity, Stage, StageKind, StageTime
from crm.opportunities.passages import (
    ENTERED,
    LEFT,
    WENT_ON,
    all_stages,
    entry_text,
    in_order,
)
from crm.reporting.boards.asked import Asked, conditions
from crm.reporting.boards.head import OfOpportunities
from crm.reporting.boards.opportunities import days
from crm.reporting.boards.periods import Period
from crm.reporting.boards.reading import Reading, Rows
from crm.reporting.boards.shown import NOTHING, Figure, Line, Section, Shown, counted

DAY = Decimal(24 * 60 * 60)  # seconds
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Passed:
    """Of one stage: how many entered it and went on, and the median of their seconds in it."""

    entered: int = 0
    went_on: int = 0
    seconds: Decimal | None = None


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
        head = [_("Passage"), _("Entered"), _("Went on"), _("Rate"), _("Median time")]
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


def read_passages(
    stages: Sequence[Stage], where: Sequence[ColumnElement[bool]], period: Period | None
) -> dict[int, Passed]:
    """The id of each stage that rows of `where` entered in `period`, with what they did."""
    statement = passages(stages, where, period, db.session().get_bind().dialect.name)
    return {
        pk: Passed(entered, went_on, None if seconds is None else Decimal(str(seconds)))
        for pk, entered, went_on, seconds in db.session.execute(statement)
    }


def passages(
    stages: Sequence[Stage],
    where: Sequence[ColumnElement[bool]],
    period: Period | None,
    dialect: str,
) -> Select[Any]:
    """The statement of `read_passages`: stage, number, number that went on, median of seconds."""
    stay = _stays(stages, where, period, dialect)
    went_on = case((stay.c.furthest > stay.c.place, 1), else_=0)
    has_left = func.count() == func.count(stay.c.seconds)
    pairs = (
        select(
            stay.c.stage_id,
            func.max(went_on).label("went_on"),
            case((has_left, func.sum(stay.c.seconds))).label("seconds"),
        )
        .where(*([stay.c.entered_at < _starts(period)[1]] if period is not None else []))
        .group_by(stay.c.opportunity_id, stay.c.stage_id)
        .subquery()
    )
    order = (pairs.c.seconds.is_(None), pairs.c.seconds)
    number = func.row_number().over(partition_by=pairs.c.stage_id, order_by=order)
    many = func.count(pairs.c.seconds).over(partition_by=pairs.c.stage_id)
    ranked = select(pairs, number.label("number"), many.label("many")).subquery()
    middle = ranked.c.number.in_([(ranked.c.many + 1) // 2, (ranked.c.many + 2) // 2])
    median = func.avg(case((middle, ranked.c.seconds)))
    told = (ranked.c.stage_id, func.count(), func.sum(ranked.c.went_on), median)
    return select(*told).group_by(ranked.c.stage_id)


def _stays(
    stages: Sequence[Stage],
    where: Sequence[ColumnElement[bool]],
    period: Period | None,
    dialect: str,
) -> Any:
    """Each stay from the period on, with its place among the stages and the furthest after it."""
    places = [(StageTime.stage_id == one.id, n) for n, one in enumerate(in_order(stages))]
    place = case(*places, else_=-1)
    furthest = func.max(place).over(
        partition_by=StageTime.opportunity_id, order_by=StageTime.id, rows=(1, None)
    )
    since = [StageTime.entered_at >= _starts(period)[0]] if period is not None else []
    return (
        select(
            StageTime.opportunity_id,
            StageTime.stage_id,
            StageTime.entered_at,
            place.label("place"),
            furthest.label("furthest"),
            _seconds(dialect).label("seconds"),
        )
        .join(Opportunity, Opportunity.id == StageTime.opportunity_id)
        .where(*where, *since)
        .subquery()
    )


def _starts(period: Period) -> tuple[datetime, datetime]:
    """The instants of the beginning and the end of a period, as the reader counts days."""
    here = ZoneInfo(zone())
    after = period.last + timedelta(days=1)
    return (
        datetime.combine(period.first, time(), here),
        datetime.combine(after, time(), here),
    )


def _seconds(dialect: str) -> ColumnElement[Any]:
    """The length of a stay that has ended, in whole seconds."""
    if dialect == "postgresql":
        length: Any = extract("epoch", StageTime.left_at - StageTime.entered_at)
        return func.round(length)
    length = func.julianday(StageTime.left_at) - func.julianday(StageTime.entered_at)
    return func.round(cast(length, Float) * int(DAY))


PASSAGES = Passages("passages", _l("From one stage to the next"))
