"""Lists of a million rows against lists of ten thousand: every view, order and filter, two people.

`make bench` prints a line for each, and judges it: ROWS in the environment is the size of the big
table, TIMES how often a page is asked for, BENCH_POSTGRES=0 leaves PostgreSQL out.
"""

import os
import shutil
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import inspect, select

from crm.core.datamodel.filters import key_column
from crm.core.db import db
from crm.core.models import target_of
from tests.bench.bench_list import BIG, PLACES, SMALL, browser, say
from tests.crowd import make_crowd
from tests.fixtures import fill, make_app, read_cast, statements_of, token_header
from tests.house.test_plans import acting, lists

TIMES = int(os.environ.get("TIMES", "5"))
MOST = 1.5  # times what the same page takes on SMALL rows
SEARCH = 3.0
NOISE = 3.0  # milliseconds of difference that say nothing
GREEN, RED, PLAIN = "\033[32m", "\033[31m", "\033[0m"


@pytest.fixture(scope="session", params=PLACES)
def crowds(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[int, Flask]:
    """Two applications: on SMALL rows, and on BIG."""
    made = (request, sqlite_template, tmp_path_factory)
    return {count: crowd(f"crowd_{count}", *made, count) for count in (SMALL, BIG)}


def crowd(
    name: str,
    request: pytest.FixtureRequest,
    template: Path,
    folders: pytest.TempPathFactory,
    leads: int,
    **rows: int,
) -> Flask:
    """An application with the rows of `make_crowd`."""
    folder = folders.mktemp(name)
    if request.param == "sqlite":
        shutil.copyfile(template, folder / "crm.sqlite")
        app = make_app(f"sqlite:///{folder / 'crm.sqlite'}", folder)
    else:
        server = request.getfixturevalue("postgres")
        app = make_app(server.create(name), folder)
        fill(app)
    begin = time.perf_counter()
    make_crowd(app, leads, **rows)
    say(f"{request.param}: {name} filled in {time.perf_counter() - begin:.0f} s")
    return app


def pages(app: Flask, person: str, only: str = "") -> Iterator[tuple[str, str, float]]:
    """Name, address and budget of each page of a list that this person is offered."""
    with acting(app, person):
        for view in lists(app):
            if not view.can("read") or "list" in view.exclude_route_methods:
                continue
            if only and view.route_base != only:
                continue
            path, key = view.url("list"), view.key
            name = view.route_base
            yield name, path, MOST
            yield f"{name}, last page", f"{path}?last=1", MOST
            for order in view.visible(view.order_columns):
                told = urlencode({f"_oc_{key}": order, f"_od_{key}": "asc"})
                yield f"{name} by {order}", f"{path}?{told}", MOST
            if view.presets:
                yield f"{name}, numbers on the tabs", view.url("counts"), MOST
            for preset in view.visible_presets():
                pairs = [(f"_flt_{op}_{n}", v) for n, op, values in preset.filters for v in values]
                yield f"{name}: {preset.key}", f"{path}?{urlencode(pairs)}", MOST
            for field, value in filters(view):
                yield (
                    f"{name} with {field}",
                    f"{path}?{urlencode({f'_flt_0_{field}': value})}",
                    MOST,
                )
            yield f"{name}: search", f"{path}?search=durand", SEARCH
            api = f"/api/v1{name}/"
            if any(str(rule) == api for rule in app.url_map.iter_rules()):
                yield f"API of {name}", api, MOST


def filters(view: Any) -> Iterator[tuple[str, str]]:
    """Each field that the list is filtered by, with a value that some row has."""
    model = view.datamodel.obj
    for name in view.filter_names():
        value = sample(model, name)
        if value:
            yield name, value


def sample(model: type[Any], name: str) -> str:
    """A value of a field as an address says it; "" where no row has any."""
    of, dot, name = name.rpartition(".")
    model = target_of(model, of) if dot else model
    relation = inspect(model).relationships.get(name)
    if relation is not None and relation.uselist:
        column = relation.mapper.class_.id
    else:
        column = getattr(model, name) if relation is None else key_column(model, name)
    filled = select(column).where(column.is_not(None)).order_by(column.class_.id.desc()).limit(1)
    value = db.session.scalar(filled)
    if isinstance(value, bool):
        return "1"
    if isinstance(value, Decimal):
        return f"{value:.0f}"
    return f"{value:%Y-%m-%d}" if isinstance(value, date) else str(value or "")


def measured(app: Flask, person: str, path: str) -> tuple[float, int]:
    """The milliseconds that a page takes at best, and its statements.

    Of SQLite, which works in this process, the processor's: whatever else the machine does
    matters little.
    """
    client = browser(app, person)
    is_sqlite = "sqlite" in app.config["SQLALCHEMY_DATABASE_URI"]
    clock = time.process_time if is_sqlite else time.perf_counter
    headers = token_header(app, read_cast(app).people[person]) if "/api/" in path else {}
    with statements_of(app) as statements:
        assert client.get(path, headers=headers).status_code == 200, path
    taken = []
    for _ in range(TIMES):
        begin = clock()
        client.get(path, headers=headers)
        taken.append((clock() - begin) * 1000)
    return min(taken), len(statements)


@pytest.mark.parametrize("person", ["alice", "claire"])
def test_lists_are_as_fast_at_a_million_rows(person: str, crowds: dict[int, Flask]) -> None:
    with crowds[SMALL].app_context():
        kind = db.engine.dialect.name
    say(f"\n{kind}, {person}: {'':24}{SMALL:>9,} {BIG:>12,} statements  ratio")
    over = []
    for name, path, budget in pages(crowds[SMALL], person):
        small, _ = measured(crowds[SMALL], person, path)
        big, statements = measured(crowds[BIG], person, path)
        over += judged(name, small, big, statements, budget)
    assert over == []


def judged(name: str, small: float, big: float, statements: int, budget: float) -> list[str]:
    """Print the line of a page; what is over its budget."""
    is_within = big / small <= budget or big - small <= NOISE
    mark = GREEN if is_within else RED
    say(
        f"  {name:40}{small:7.1f} ms {big:8.1f} ms {statements:9}"
        f"  {mark}{big / small:6.2f}{PLAIN} ({budget})"
    )
    return [] if is_within else [f"{name}: {big / small:.2f} × ({budget})"]
