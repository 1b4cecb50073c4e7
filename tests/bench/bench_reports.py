"""Reports over a million opportunities against the plain GROUP BY that each stands on.

ROWS in the environment is their number, BENCH_POSTGRES=0 leaves PostgreSQL out, ONLY names the
reports to measure, in part: ONLY=passages.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Select, func, select

from crm.calendar.models import Event
from crm.companies.actors import load_actor
from crm.companies.days import today
from crm.core.actor import acting_as
from crm.core.datamodel.buckets import first_day
from crm.core.db import db
from crm.core.models import computed
from crm.core.rows import unfiltered
from crm.core.views.address import ListAddress
from crm.opportunities.models import Opportunity
from crm.reporting.boards.asked import Asked
from crm.reporting.boards.charts import Chart
from crm.reporting.boards.forecast import FORECAST
from crm.reporting.boards.matrix import Matrix
from crm.reporting.boards.passages import PASSAGES
from crm.reporting.boards.periods import Period
from crm.reporting.boards.recurring import RECURRING
from crm.reporting.boards.table import ALL
from crm.reporting.boards.targets import TARGETS
from crm.reporting.own.layout import read_layout
from crm.reporting.own.result import read as read_own
from crm.reporting.own.subjects import groups_of, subject
from crm.reporting.pipeline.choice import Choice
from crm.reporting.pipeline.figures import MONTHLY, read_figures
from crm.reporting.pipeline.subjects import SUBJECTS, Subject
from tests.bench import plain
from tests.bench.bench_list import say
from tests.fixtures import read_cast, statements_of

ONLY = os.environ.get("ONLY", "")
TIMES = 3
MOST = 3.0
# What own reports measure, and pairs of groups.
MEASURES = ("", "sum:amount", "sum:weighted_amount", "average:recurring_monthly")
PAIRS = (
    ("owner", "stage"), ("created_on:month", "stage.kind"), ("agency", "source"),
    ("owner.groups", "stage"), ("account", "currency"),
)  # fmt: skip


@dataclass
class Measured:
    """A report, and the statements that it stands on."""

    name: str
    read: Callable[[], object]
    plain: Sequence[Select[Any]]


@pytest.mark.slow("a million rows")
def test_reports_against_the_plain_grouping(sales: Flask) -> None:
    cast = read_cast(sales)
    with sales.test_request_context():
        for person in ("alice", "claire"):
            actor = load_actor(cast.people[person])
            assert actor is not None
            say(f"{person}: report, statements, seconds, plain GROUP BY, ratio (at most {MOST})")
            with acting_as(actor):
                for one in _all():
                    if ONLY in one.name:
                        _measure(sales, one)


def _all() -> Iterator[Measured]:
    whatever = Asked()  # whatever the date: all rows are read
    every = {id(chart): chart for board in ALL for chart in board.charts}
    for chart in every.values():
        if isinstance(chart, Chart | Matrix):
            yield Measured(
                f"{chart.model.__entity__} {chart.key}",
                lambda c=chart: c.read(whatever),
                [plain.of_chart(chart)],
            )
    yield from _of_the_forecast()
    yield from _own()
    for subject_ in SUBJECTS.values():
        yield _follow_up(subject_)


def _of_the_forecast() -> Iterator[Measured]:
    year = Period(first_day(today(), plain.Step.YEAR), today())
    asked = Asked(year)
    yield Measured("forecast", lambda: FORECAST.read(Asked()), [plain.of_forecast()])
    yield Measured("recurring", lambda: RECURRING.read(asked), [plain.of_recurring(year)])
    yield Measured(
        "targets", lambda: TARGETS.read(Asked(Period(today(), today()))), [plain.of_targets()]
    )
    yield Measured("passages", lambda: PASSAGES.read(Asked()), [plain.of_passages()])
    quarter = Period(first_day(today(), plain.Step.QUARTER), today())
    for name, period in (("year", year), ("quarter", quarter)):
        some = Asked(period)
        yield Measured(
            f"passages of a {name}",
            lambda some=some: PASSAGES.read(some),
            [plain.of_passages(period)],
        )


def _own() -> Iterator[Measured]:
    """Own reports by every group, and by some pairs of them."""
    view = subject("opportunities")
    groups = [by for by in groups_of(view) if not by.endswith(":day")]  # of years: too long
    choices = [(by, "", measure) for by in groups for measure in MEASURES[:2]]
    choices += [("owner", "", measure) for measure in MEASURES[2:]]
    choices += [(*pair, "sum:amount") for pair in PAIRS]
    for by, also, measure in choices:
        layout = read_layout(view, {"by": by, "and": also, "measure": measure})
        assert layout.wrong == []
        yield Measured(
            f"own {by} {also} {measure}",
            lambda layout=layout: read_own(layout, []),
            [plain.grouped(Opportunity, [], layout.groups, layout.measures)],
        )


def _follow_up(subject_: Subject) -> Measured:
    """Its three statements against three plain ones, grouped by the same columns."""
    choice = Choice(subject_, "records", ListAddress("", "/reporting/pipeline"))
    found = [getattr(Opportunity, one) for one in ("amount", "weighted_amount", MONTHLY)]
    sums = [
        one.sql(Opportunity, plain.dialect()) if isinstance(one, computed) else one for one in found
    ]
    by = Opportunity.agency_id, Opportunity.stage_id, Opportunity.currency
    statements: list[Select[Any]] = [
        plain.live(select(one.agency_id, func.count()).group_by(one.agency_id), one)
        for one in (subject_.model, Event)
    ]
    sales = select(*by, func.count(), *map(func.sum, sums)).group_by(*by)
    statements.append(plain.live(sales, Opportunity))
    return Measured(f"follow-up {subject_.key}", lambda: read_figures(choice), statements)


def _measure(app: Flask, one: Measured) -> None:
    """Print one line. The two sides take turns, as others use this machine as well."""
    with statements_of(app, "BEGIN", "ROLLBACK", "PRAGMA", "SET") as statements:
        one.read()
    took, base = [], []
    for _ in range(TIMES):
        with unfiltered("the plain statements are what the report is compared with"):
            base.append(_timed(lambda: [db.session.execute(each).all() for each in one.plain]))
        took.append(_timed(one.read))
    ratio = min(took) / min(base)
    mark = "" if ratio <= MOST else "  over"
    say(f"  {one.name:44} {len(statements):2} {min(took):7.3f} {min(base):7.3f} {ratio:5.2f}{mark}")


def _timed(work: Callable[[], object]) -> float:
    """Of SQLite, which works in this process, the processor's: who else works matters little."""
    clock = process_time if plain.dialect() == "sqlite" else perf_counter
    begin = clock()
    work()
    return clock() - begin
