"""The statement behind the passages from stage to stage, and what it tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal_column, select

from crm.core.db import db
from crm.core.views.display import zone
from crm.opportunities.models import Opportunity, Stage, StageKind, StageTime
from crm.opportunities.passages import in_order, instants
from crm.reporting.boards.periods import Period

DAY = 24 * 60 * 60  # seconds


@dataclass(frozen=True)
class Passed:
    """Of one stage: how many entered it and went on, and the median of their seconds in it."""

    entered: int = 0
    went_on: int = 0
    seconds: Decimal | None = None


def read_passages(
    stages: Sequence[Stage], where: Sequence[ColumnElement[bool]], period: Period | None
) -> dict[int, Passed]:
    """The id of each open stage that rows of `where` entered in `period`, with what they did."""
    steps = in_order(stages)
    statement = passages(steps, where, period, db.session().get_bind().dialect.name)
    return {
        steps[place].id: Passed(entered, went_on, seconds and Decimal(round(seconds)))
        for place, entered, went_on, seconds in db.session.execute(statement)
    }


def passages(
    steps: Sequence[Stage],
    where: Sequence[ColumnElement[bool]],
    period: Period | None,
    dialect: str,
) -> Select[Any]:
    """The statement of `read_passages`: place in `steps`, number, went on, median of seconds.

    The median is what lies between the lower and the upper half; SQLite has no function for it.
    """
    pairs = _pairs(steps, where, period, dialect)
    has_left = pairs.c.seconds.is_not(None)
    half = func.ntile(2).over(partition_by=(pairs.c.place, has_left), order_by=pairs.c.seconds)
    went_on = case((pairs.c.later_id > pairs.c.first_id, 1), else_=0)
    last_open = sum(one.kind == StageKind.OPEN for one in steps) - 1
    halves = (
        select(pairs.c.place, pairs.c.seconds, went_on.label("went_on"), half.label("half"))
        .where(pairs.c.first_id.is_not(None), pairs.c.place <= last_open)
        .subquery()
    )
    lower = func.max(case((halves.c.half == 1, halves.c.seconds)))
    upper = func.min(case((halves.c.half == 2, halves.c.seconds)))
    is_even = func.count(halves.c.seconds) % 2 == 0  # the lower half has one more otherwise
    median = case((is_even, (lower + upper) / 2.0), else_=lower)
    told = (halves.c.place, func.count(), func.sum(halves.c.went_on), median)
    return select(*told).group_by(halves.c.place)


def _pairs(
    steps: Sequence[Stage],
    where: Sequence[ColumnElement[bool]],
    period: Period | None,
    dialect: str,
) -> Any:
    """Each opportunity in each stage: its first stay, and the last one in any stage after it.

    Of the stays from the period on; what begins after its end counts as a later one alone. Groups
    and window share their order, for which the rows are then sorted once.
    """
    # In words, as parameters of their own would make two expressions of one.
    places: dict[Any, Any] = {
        literal_column(str(one.id)): literal_column(str(n)) for n, one in enumerate(steps)
    }
    place = case(places, value=StageTime.stage_id)
    first, after = starts(period) if period is not None else (None, None)
    since = [StageTime.entered_at >= first] if first is not None else []

    def within(value: Any) -> Any:
        return value if after is None else case((StageTime.entered_at < after, value))

    has_left = func.count(within(StageTime.id)) == func.count(within(StageTime.left_at))
    later = func.max(func.max(StageTime.id)).over(
        partition_by=StageTime.opportunity_id, order_by=place.desc(), rows=(None, -1)
    )
    return (
        select(
            place.label("place"),
            func.min(within(StageTime.id)).label("first_id"),
            later.label("later_id"),
            case((has_left, func.sum(within(_seconds(dialect))))).label("seconds"),
        )
        .join(Opportunity, Opportunity.id == StageTime.opportunity_id)
        .where(*where, *since, StageTime.stage_id.in_([one.id for one in steps]))
        .group_by(StageTime.opportunity_id, place)
        .subquery()
    )


def starts(period: Period) -> tuple[datetime, datetime]:
    """The instants of the beginning and the end of a period, as the reader counts days."""
    return instants((period.first, period.last), zone())


def _seconds(dialect: str) -> ColumnElement[Any]:
    """The length of a stay that has ended, in seconds."""
    if dialect == "postgresql":
        # Of EXTRACT it would be a numeric, which takes much longer to add up.
        return func.date_part("epoch", StageTime.left_at - StageTime.entered_at)
    days = func.julianday(StageTime.left_at) - func.julianday(StageTime.entered_at)
    seconds: ColumnElement[Any] = days * DAY
    return seconds
