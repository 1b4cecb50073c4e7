"""The plain GROUP BY that a chart stands on: its filters, groups and sums, without rights."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from crm.companies.days import today
from crm.core.actor import current_actor
from crm.core.datamodel.buckets import Step, bucket, day_of, first_day
from crm.core.datamodel.filters import key_column, made_column
from crm.core.datamodel.grouping import TEAM, Group, Measure
from crm.core.db import db
from crm.core.models import computed, kinds, spec_of
from crm.core.types import Instant
from crm.opportunities.models import Opportunity, StageTime
from crm.reporting.boards.asked import wheres
from crm.reporting.boards.charts import Chart
from crm.reporting.boards.forecast import DATED, GROUPS, MEASURES, coming_months
from crm.reporting.boards.keys import Filter, operator_of
from crm.reporting.boards.matrix import Matrix
from crm.reporting.boards.passage_times import starts
from crm.reporting.boards.periods import Period

Plain = Select[Any]


def dialect() -> str:
    return str(db.session().get_bind().dialect.name)


def of_chart(chart: Chart | Matrix) -> Plain:
    """The statement of a chart, whatever the date unless it has a window of its own."""
    groups = [chart.group] if isinstance(chart, Chart) else [chart.lines, chart.columns]
    filters = list(chart.filters())
    if chart.window is not None:
        filters.append(within(chart.model, chart.dated, chart.window()))
    return grouped(chart.model, filters, groups, chart.measures)


def of_forecast() -> Plain:
    open_or_won: Filter = ("stage.kind", 0, ("open", "won"))
    filters = [open_or_won, within(Opportunity, DATED, coming_months())]
    return grouped(Opportunity, filters, GROUPS, MEASURES)


def of_recurring(period: Period) -> Plain:
    """By the months of beginning and end of what runs in the period."""
    start, end = "recurring_start_on", "recurring_end_on"
    filters: list[Filter] = [
        ("stage.kind", 0, ("won",)),
        ("recurring_amount", 4, ()),
        (start, operator_of(Opportunity, start, "lte"), (period.last.isoformat(),)),
        (end, operator_of(Opportunity, end, "gte"), (period.first.isoformat(),)),
    ]
    groups = [Group(start, Step.MONTH), Group(end, Step.MONTH)]
    return grouped(Opportunity, filters, groups, [Measure("sum", "recurring_monthly")])


def of_targets() -> Plain:
    quarter = first_day(today(), Step.QUARTER)
    filters: list[Filter] = [
        ("stage.kind", 0, ("won",)),
        within(Opportunity, "closed_on", Period(quarter, today())),
    ]
    return grouped(Opportunity, filters, [Group("owner")], [Measure("sum", "amount")])


def of_passages(period: Period | None = None) -> Plain:
    """The stays of each opportunity in each stage since the period began, with their days."""
    by = StageTime.opportunity_id, StageTime.stage_id
    length: Any = func.julianday(StageTime.left_at) - func.julianday(StageTime.entered_at)
    if dialect() == "postgresql":
        length = StageTime.left_at - StageTime.entered_at
    pairs = select(*by, func.count().label("number"), func.sum(length).label("days"))
    pairs = live(pairs.join(Opportunity, Opportunity.id == StageTime.opportunity_id), Opportunity)
    if period is not None:
        pairs = pairs.where(StageTime.entered_at >= starts(period)[0])
    inner = pairs.group_by(*by).subquery()
    return select(inner.c.stage_id, func.count(), func.max(inner.c.days)).group_by(inner.c.stage_id)


def within(model: type[Any], name: str, period: Period) -> Filter:
    """The filter of a date by a period."""
    texts = (period.first.isoformat(), period.last.isoformat())
    return name, operator_of(model, name, "between"), texts


def grouped(
    model: type[Any],
    filters: Sequence[Filter],
    groups: Sequence[Group],
    measures: Sequence[Measure],
) -> Plain:
    keys = [_key(model, group) for group in groups]
    if any(spec_of(model, one.name).kind is kinds.MONEY for one in measures):
        keys.append(model.currency)
    sums = [func.sum(_number(model, one)) for one in measures]
    statement = select(*keys, func.count(), *sums).select_from(model)
    if any(group.name == TEAM for group in groups):
        members = db.metadata.tables["ab_user_group"]
        statement = statement.outerjoin(members, members.c.user_id == model.owner_id)
    return live(statement.where(*wheres(model, filters)).group_by(*keys), model)


def live(statement: Plain, model: type[Any]) -> Plain:
    """Without the bin, which a report does not count."""
    return statement.where(model.deleted_at.is_(None))


def _key(model: type[Any], group: Group) -> ColumnElement[Any]:
    name = group.name.partition(".")[0]
    if group.name == TEAM:
        found: ColumnElement[Any] = db.metadata.tables["ab_user_group"].c.group_id
        return found
    if name in model.__mapper__.relationships:
        link: ColumnElement[Any] = key_column(model, name)
        return link
    made = made_column(model, name)
    column: Any = made if made is not None else getattr(model, name)
    if group.step is None:
        return column
    if isinstance(column.type, Instant):
        column = day_of(column, current_actor().time_zone, dialect())
    return bucket(column, group.step, dialect())


def _number(model: type[Any], measure: Measure) -> Any:
    found = getattr(model, measure.name)
    if isinstance(found, computed):
        assert found.sql is not None
        return found.sql(model, dialect())
    return found
