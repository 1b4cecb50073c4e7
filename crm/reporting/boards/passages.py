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
from crm.core.models import Label
from crm.core.models.text import format_day, format_percent
from crm.core.views.display import zone
from crm.opportunities.models import Opportunity, Stage, StageKind, StageTime
from crm.reporting.boards.asked import Asked, conditions
from crm.reporting.boards.charts import is_open
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


@dataclass(frozen=True)
class Passages:
    """The chart."""

    key: str
    title: Label
    model: type[Any] = Opportunity
    drawn: bool = False

    def is_open(self) -> bool:
        """Whether the actor reads opportunities."""
        return is_open(self.model)

    def read(self, asked: Asked, extra: Sequence[ColumnElement[bool]] = ()) -> Shown:
        """The chart of the rows that the actor reads and that satisfy `extra`.

        Raises DomainError for an invalid filter.
        """
        reading = Reading(Rows(self.model, lambda: ()), asked, extra)
        where = [*conditions(reading.view, reading.filters), *extra]
        stages = list(db.session.scalars(select(Stage).order_by(Stage.position, Stage.id)))
        found = read_passages(stages, where, asked.period)
        lines = _lines(stages, found)
        caption = _caption(sum(one.entered for one in found.values()), asked.period)
        head = [_("Passage"), _("Entered"), _("Went on"), _("Rate"), _("Median time")]
        sections = [Section("", "", lines)] if found else []
        return Shown(self.key, str(self.title), head, sections, reading.words(caption), len(found))


def _caption(count: int, period: Period | None) -> str:
    text = ngettext("%(num)s entry into a stage", "%(num)s entries into a stage", count)
    if period is None:
        return text
    dates = f"{format_day(period.first)} – {format_day(period.last)}"
    return _("%(field)s: %(days)s", field=text, days=dates)


def _lines(stages: Sequence[Stage], found: Mapping[int, Passed]) -> list[Line]:
    """A line for each open stage that is in use or was entered."""
    opened = [
        one for one in stages if one.kind == StageKind.OPEN and (one.active or one.id in found)
    ]
    won = next((str(one.name) for one in stages if one.kind == StageKind.WON), _("Won"))
    following = [*(str(one.name) for one in opened[1:]), won]
    return [
        _line(f"{stage.name} → {after}", found.get(stage.id, Passed()))
        for stage, after in zip(opened, following, strict=True)
    ]


def _line(label: str, one: Passed) -> Line:
    if not one.entered:
        return Line(label, [counted(0), counted(0), NOTHING, NOTHING], Decimal(0))
    rate = HUNDRED * one.went_on / one.entered
    spent = NOTHING if one.seconds is None else _time(one.seconds)
    figures = [
        counted(one.entered), counted(one.went_on), Figure(format_percent(rate, 1), rate), spent,
    ]  # fmt: skip
    return Line(label, figures, round(rate, 1))


def _time(seconds: Decimal) -> Figure:
    return Figure(days(seconds / DAY), round(seconds / DAY, 2))


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
    places = [(StageTime.stage_id == one.id, n) for n, one in enumerate(_in_order(stages))]
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


def _in_order(stages: Sequence[Stage]) -> list[Stage]:
    """The open stages, then the won ones; lost is no step forward."""
    kinds = (StageKind.OPEN, StageKind.WON)
    return [one for kind in kinds for one in stages if one.kind == kind]


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
