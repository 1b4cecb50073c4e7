"""Charts over a million opportunities against the plain GROUP BY that each stands on.

ROWS in the environment is their number, BENCH_POSTGRES=0 leaves PostgreSQL out.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pytest
from flask import Flask
from sqlalchemy import Select, func, select

from crm.calendar.models import Event
from crm.companies.actors import load_actor
from crm.core.actor import acting_as
from crm.core.datamodel.buckets import bucket
from crm.core.datamodel.filters import key_column
from crm.core.db import db
from crm.core.models import computed
from crm.core.rows import unfiltered
from crm.core.views.address import ListAddress
from crm.opportunities.models import Opportunity
from crm.reporting.boards.asked import Asked
from crm.reporting.boards.charts import Chart
from crm.reporting.boards.table import ALL
from crm.reporting.pipeline.choice import Choice
from crm.reporting.pipeline.figures import MONTHLY, read_figures
from crm.reporting.pipeline.subjects import SUBJECTS, Subject
from tests.bench.bench_list import PLACES, say
from tests.crowd import make_crowd
from tests.fixtures import fill, make_app, read_cast, statements_of

ROWS = int(os.environ.get("ROWS", "1000000"))
TIMES = 3


@pytest.fixture(params=PLACES)
def filled(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """An application with ROWS opportunities and what they stand on."""
    folder = tmp_path_factory.mktemp("reports")
    if request.param == "sqlite":
        shutil.copyfile(sqlite_template, folder / "crm.sqlite")
        app = make_app(f"sqlite:///{folder / 'crm.sqlite'}", folder)
    else:
        app = make_app(request.getfixturevalue("postgres").create("bench_reports"), folder)
        fill(app)
    make_crowd(app, ROWS // 10 // 100 * 100, opportunity=ROWS)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.slow("a million rows")
def test_charts_against_the_plain_grouping(filled: Flask) -> None:
    cast = read_cast(filled)
    with filled.test_request_context():
        for person in ("alice", "claire"):
            actor = load_actor(cast.people[person])
            assert actor is not None
            say(f"{person}: chart, statements, seconds, plain GROUP BY, ratio")
            for chart in _charts():
                _measure(filled, chart, actor)
            for subject in SUBJECTS.values():
                _measure_follow_up(filled, subject, actor)


def _charts() -> list[Chart]:
    return [one for board in ALL for one in board.charts if isinstance(one, Chart)]


def _measure(app: Flask, chart: Chart, actor: object) -> None:
    asked = Asked()  # whatever the date: all rows are read
    plain = _plain(chart)
    with acting_as(actor):  # type: ignore[arg-type]
        with unfiltered("the plain statement is what the chart is compared with"):
            base = min(_timed(lambda: db.session.execute(plain).all()) for _ in range(TIMES))
        with statements_of(app, "BEGIN", "ROLLBACK", "PRAGMA", "SET") as statements:
            chart.read(asked)
        took = min(_timed(lambda: chart.read(asked)) for _ in range(TIMES))
    say(f"  {chart.key:22} {len(statements):2} {took:7.3f} {base:7.3f} {took / base:5.2f}")


def _measure_follow_up(app: Flask, subject: Subject, actor: object) -> None:
    """Its three statements against three plain ones, grouped by the same columns."""
    choice = Choice(subject, "records", ListAddress("", "/reporting/pipeline"))
    dialect = db.session().get_bind().dialect.name
    found = [getattr(Opportunity, one) for one in ("amount", "weighted_amount", MONTHLY)]
    sums = [one.sql(Opportunity, dialect) if isinstance(one, computed) else one for one in found]
    by = Opportunity.agency_id, Opportunity.stage_id, Opportunity.currency
    plain: list[Select[tuple[object, ...]]] = [
        select(one.agency_id, func.count()).group_by(one.agency_id)
        for one in (subject.model, Event)
    ]
    plain.append(select(*by, func.count(), *map(func.sum, sums)).group_by(*by))
    with acting_as(actor):  # type: ignore[arg-type]
        with unfiltered("the plain statements are what the report is compared with"):
            base = min(
                _timed(lambda: [db.session.execute(one).all() for one in plain])
                for _ in range(TIMES)
            )
        with statements_of(app, "BEGIN", "ROLLBACK", "PRAGMA", "SET") as statements:
            read_figures(choice)
        took = min(_timed(lambda: read_figures(choice)) for _ in range(TIMES))
    name = f"follow-up {subject.key}"
    say(f"  {name:22} {len(statements):2} {took:7.3f} {base:7.3f} {took / base:5.2f}")


def _plain(chart: Chart) -> Select[tuple[object, ...]]:
    """The table grouped by the same column, with the same sums, without rights and filters."""
    dialect = db.session().get_bind().dialect.name
    model, name = chart.model, chart.group.name.partition(".")[0]
    column = getattr(model, name, None)
    if name in model.__mapper__.relationships:
        column = key_column(model, name)
    elif chart.group.step is not None:
        column = bucket(
            getattr(model, name), chart.group.step, db.session().get_bind().dialect.name
        )
    found = [getattr(model, one.name) for one in chart.measures]
    sums = [one.sql(model, dialect) if isinstance(one, computed) else one for one in found]
    return select(column, func.count(), *map(func.sum, sums)).group_by(column)


def _timed(work: object) -> float:
    begin = perf_counter()
    work()  # type: ignore[operator]
    return perf_counter() - begin
