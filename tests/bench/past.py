"""What a million opportunities have behind them: `make_sales`.

A third of them won, a third lost, two currencies, recurring revenue in three of ten, two and a half
stays in stages each, in the order in which they began, and targets of everybody for three years.
"""

import shutil
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder import Model
from sqlalchemy import Connection, case, func, insert, literal, null, select, union_all

from crm.core.db import db
from crm.core.types import Instant
from crm.opportunities.models import SalesTarget, Stage, StageKind, StageTime
from tests.bench.bench_list import BIG, say
from tests.crowd import Crowd, Number, make_crowd, renew_statistics_of_all
from tests.fixtures import fill, make_app, read_cast
from tests.population import NOW, Planted, row_of, without_indexes

DAYS = 1500  # since the first of them was created
STAYS = 4  # at most
QUARTERS = [date(year, month, 1) for year in (2025, 2026, 2027) for month in (1, 4, 7, 10)]

Kinds = Mapping[str, list[int]]  # kind of stage → ids


def make_sales(request: pytest.FixtureRequest, template: Path, folder: Path) -> Flask:
    """An application with ROWS opportunities, on the database that `request` names."""
    if request.param == "sqlite":
        shutil.copyfile(template, folder / "crm.sqlite")
        app = make_app(f"sqlite:///{folder / 'crm.sqlite'}", folder)
    else:
        app = make_app(request.getfixturevalue("postgres").create(folder.name), folder)
        fill(app)
    stages, begin = stages_of(app), perf_counter()
    leads = BIG // 10 // 100 * 100
    make_crowd(app, leads, lambda crowd: recipes(crowd, stages), opportunity=BIG)
    make_past(app, stages)
    say(f"\n{request.param}: {BIG:,} opportunities in {perf_counter() - begin:.0f} s")
    return app


def stages_of(app: Flask) -> Kinds:
    """The stages by their kinds."""
    with app.app_context():
        found = db.session.execute(select(Stage.__table__.c.id, Stage.__table__.c.kind)).all()
        db.session.remove()
    return {str(kind): [pk for pk, one in found if one == kind] for kind in StageKind}


def recipes(crowd: Crowd, stages: Kinds) -> dict[str, dict[str, Number]]:
    """The columns of opportunities that only tell something when they differ."""
    most = max(len(ids) for ids in stages.values())
    chosen = [ids[n % len(ids)] for ids in stages.values() for n in range(most)]
    stage = crowd.one_of(chosen, 5)
    is_open = stage.in_(stages["open"])
    is_won, is_lost = (stage.in_(stages[kind]) for kind in ("won", "lost"))
    age = DAYS - crowd.n * DAYS // crowd.size["opportunity"]
    recurs = crowd.apart(19, 10) < 3
    recurring = {
        "recurring_amount": crowd.money(43, 900),
        "recurring_duration": 1 + crowd.spread(23, 36),
        "recurring_start_on": _day(crowd, crowd.spread(31, 300) - age),
    }
    return {
        "opportunity": {
            "stage_id": stage,
            "currency": case((crowd.apart(23, 10) == 0, "USD"), else_="EUR"),
            "probability": case((is_open, crowd.spread(29, 100)), (is_won, 100), else_=0),
            "created_on": _instant(crowd.is_sqlite, -age),
            "closed_on": case((is_open, null()), else_=_day(crowd, crowd.spread(37, 200) - age)),
            "lost_reason_id": case((is_lost, crowd.one_of(crowd.words["lost_reason"], 7))),
            "recurring_period": crowd.one_of((1, 1, 3, 12), 11),
            **{name: case((recurs, value)) for name, value in recurring.items()},
        }
    }


def make_past(app: Flask, stages: Kinds) -> None:
    """The stays in stages and the targets, of an application that `make_crowd` has filled."""
    cast = read_cast(app)
    with app.app_context():
        with db.engine.begin() as connection:
            planted = Planted(cast.france, cast.claire, "Durand")
            _make_stays(connection, stages["open"])
            _make_targets(connection, planted)
        renew_statistics_of_all()
        db.session.remove()


def _make_stays(connection: Connection, opened: list[int]) -> None:
    """Through open stages one after the other, until the stage of now."""
    sale, stay = (Model.metadata.tables[name] for name in ("opportunity", "opportunity_stage_time"))
    is_sqlite = connection.dialect.name == "sqlite"
    last, pace = sale.c.id % STAYS, 1 + sale.c.id * 7 % 40  # days in each
    connection.execute(stay.delete())
    parts = [
        select(
            sale.c.id,
            case((last == step, sale.c.stage_id), else_=opened[step % len(opened)]),
            _later(is_sqlite, sale.c.created_on, step * pace).label("entered_at"),
            case((last > step, _later(is_sqlite, sale.c.created_on, (step + 1) * pace))),
        ).where(last >= step)
        for step in range(STAYS)
    ]
    names = ["opportunity_id", "stage_id", "entered_at", "left_at"]
    rows = union_all(*parts).order_by("entered_at")
    if not is_sqlite:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    with without_indexes(connection, StageTime.__table__):  # type: ignore[arg-type]
        connection.execute(insert(stay).from_select(names, rows, include_defaults=False))


def _make_targets(connection: Connection, planted: Planted) -> None:
    sale, target = (Model.metadata.tables[name] for name in ("opportunity", "sales_target"))
    owners = select(sale.c.owner_id).where(sale.c.owner_id.is_not(None)).distinct()
    base = row_of(connection, SalesTarget.__table__, planted)  # type: ignore[arg-type]
    told = [
        {**base, "owner_id": owner, "quarter": quarter, "currency": currency, "amount": 10**6}
        for owner in connection.scalars(owners).all()
        for quarter in QUARTERS
        for currency in ("EUR", "USD")
    ]
    connection.execute(target.insert(), told)


def _day(crowd: Crowd, days: Number) -> Number:
    """So many days from NOW."""
    if crowd.is_sqlite:
        return func.date(NOW.date().isoformat(), func.printf("%d days", days))
    return literal(NOW.date()) + days


def _instant(is_sqlite: bool, days: Number) -> Number:
    if is_sqlite:
        return _later(is_sqlite, NOW.strftime("%Y-%m-%d %H:%M"), days)
    return _later(is_sqlite, literal(NOW), days)


def _later(is_sqlite: bool, instant: Any, days: Number) -> Number:
    """An instant so many days later, as the database stores it."""
    if is_sqlite:
        moved = func.printf("%d days", days)
        return func.strftime("%Y-%m-%d %H:%M:%f000", instant, moved, type_=Instant())
    return instant + days * literal(timedelta(days=1))
