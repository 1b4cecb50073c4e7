"""Measures of the budgets: `make bench` prints them and fails nothing.

ROWS in the environment is the size of the big table, TIMES how often a page is asked for;
BENCH_POSTGRES=0 leaves PostgreSQL out.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Table, text
from werkzeug.test import Client as Browser

from crm.companies.actors import load_actor
from crm.core import rows
from crm.core.db import db
from crm.leads.models import Lead
from tests.fixtures import make_app, read_cast, session_cookie
from tests.population import Planted, plant, row_of

SMALL, BIG = 10_000, int(os.environ.get("ROWS", "1000000"))
TIMES = int(os.environ.get("TIMES", "60"))
PLACES = ["sqlite", "postgres"] if os.environ.get("BENCH_POSTGRES", "1") == "1" else ["sqlite"]
# kind of page → its query; "last" and "search" are budgeted apart.
PAGES = {
    "first page": "",
    "filtered page": "_flt_0_city=Ville+7",
    "last page": "last=1",
    "search": "search=durand+4711",
}


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def milliseconds(work: Callable[[], object], times: int = TIMES) -> float:
    """The median of `times` runs."""
    work()
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken)


@pytest.fixture(scope="session", params=PLACES)
def places(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[int, Flask]:
    """Two applications: with SMALL leads, and with BIG."""
    return {
        count: crowd(request, count, sqlite_template, tmp_path_factory.mktemp(f"bench{count}"))
        for count in (SMALL, BIG)
    }


def crowd(request: pytest.FixtureRequest, count: int, template: Path, folder: Path) -> Flask:
    """An application with `count` leads, a third of them Claire's."""
    if request.param == "sqlite":
        shutil.copyfile(template, folder / "crm.sqlite")
        app = make_app(f"sqlite:///{folder / 'crm.sqlite'}", folder)
    else:
        from tests.fixtures import fill

        app = make_app(request.getfixturevalue("postgres").create(f"bench_{count}"), folder)
        fill(app)
    cast = read_cast(app)
    with app.app_context():
        with db.engine.begin() as connection:
            planted = plant(connection, Planted(cast.france, cast.claire, "Durand"))
            table: Table = Lead.__table__
            base = row_of(connection, table, planted)
            owners = (cast.claire, cast.hugo, cast.marc)
            for start in range(0, count, 5000):
                connection.execute(
                    table.insert(),
                    [varied(base, n, owners) for n in range(start, min(start + 5000, count))],
                )
        with db.engine.begin() as connection:
            connection.execute(text("ANALYZE"))
        db.session.remove()
    return app


def varied(base: dict[str, Any], number: int, owners: tuple[int, ...]) -> dict[str, Any]:
    """One more lead, unlike the others."""
    return {
        **base,
        "last_name": f"Durand {number}",
        "organization": f"Maison {number % 5000}",
        "name_key": f"durand {number}",
        "organization_key": f"maison {number % 5000}",
        "city": f"Ville {number % 400}",
        "external_ref": f"L{number}",
        "email": f"l{number}@acme.example",
        "owner_id": owners[number % len(owners)],
        "received_on": date(2027, 1, 1) - timedelta(days=number % 1500),
    }


def browser(app: Flask, person: str) -> Browser:
    """A bare WSGI client: what a test client adds is not measured."""
    client = Browser(app)
    client.set_cookie(
        app.config["SESSION_COOKIE_NAME"], session_cookie(app, read_cast(app).people[person])
    )
    return client


@pytest.mark.parametrize("person", ["alice", "claire"])
def test_a_million_rows_against_ten_thousand(person: str, places: dict[int, Flask]) -> None:
    kind = "sqlite" if "sqlite" in places[SMALL].config["SQLALCHEMY_DATABASE_URI"] else "postgres"
    say(f"\n{kind}, {person}: {'':14}{SMALL:>10,} {BIG:>12,}   ratio")
    clients = {count: browser(app, person) for count, app in places.items()}
    for name, query in PAGES.items():
        taken = {}
        for count, client in clients.items():
            path = f"/leads/list/?{query}"
            assert client.get(path).status_code == 200
            taken[count] = milliseconds(lambda c=client, p=path: c.get(p), times=15)
        ratio = taken[BIG] / taken[SMALL]
        say(f"  {name:28}{taken[SMALL]:8.1f} ms {taken[BIG]:9.1f} ms   {ratio:.2f}")


def test_what_rights_and_row_filter_cost(
    places: dict[int, Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = places[SMALL]
    client = browser(app, "claire")
    spent = {"filter": 0.0}
    stock = rows._options

    def timed(*args: Any) -> Any:
        begin = time.perf_counter()
        try:
            return stock(*args)
        finally:
            spent["filter"] += time.perf_counter() - begin

    monkeypatch.setattr(rows, "_options", timed)
    whole = milliseconds(lambda: client.get("/leads/list/"), times=200)
    built = spent["filter"] * 1000 / 201
    claire = read_cast(app).people["claire"]
    with app.test_request_context():
        actor = milliseconds(lambda: load_actor(claire), times=200)
    share = (actor + built) / whole
    say(f"\nrights: actor {actor:.1f} ms, filter {built:.1f} ms of {whole:.1f}: {share:.0%} (15 %)")


def test_the_start_of_the_process(places: dict[int, Flask], tmp_path: Path) -> None:
    program = (
        "import time; t = time.perf_counter(); from crm.app import create_app; create_app();"
        "print(time.perf_counter() - t)"
    )
    environment = {**os.environ, "INSTANCE": str(tmp_path), "SECRET_KEY": "x" * 40}
    taken = [
        float(
            subprocess.run(
                [sys.executable, "-c", program], env=environment, capture_output=True, check=True
            ).stdout
        )
        for _ in range(3)
    ]
    say(f"\nstart of the web process: {min(taken):.2f} s (at most 3)")
