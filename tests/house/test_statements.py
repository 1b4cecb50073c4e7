"""How many SQL statements a page takes: the same with ten rows as with ten thousand.

`make baselines` writes statements.json; the budgets of design.md hold whatever it says.
"""

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask_appbuilder import Model
from sqlalchemy import text

from crm.core.db import db
from crm.core.models import Reference
from tests.fixtures import (
    Client,
    World,
    signed_in,
    statements_of,
    token_header,
)
from tests.house.addresses import Address, model_of
from tests.house.conftest import rewriting
from tests.population import Planted, business_tables, multiply

FILE = Path(__file__).with_name("statements.json")
FEW, MANY = 10, 10_000
BROKEN, NOT_OPEN = -500, -1
# The kind of a page, by its address → how many statements it may take.
BUDGETS = {"/list/": 8, "/show/": 14, "/add": 12, "/edit/": 12, "/bin/": 8}
# What grows with records; the others have as many rows as an administrator makes.
GROWING = (
    "lead",
    "account",
    "contact",
    "opportunity",
    "quote",
    "event",
    "product",
    "catalog",
    "message",
)


@pytest.fixture(scope="session")
def crowded(planted_world: World, rows: dict[str, Planted]) -> dict[int, Path]:
    """The planted database twice: with FEW more rows in each table that grows, and with MANY.

    They hang on Claire's rows, so that the tabs of her records are as long.
    """
    return {count: _crowd(planted_world, count, rows) for count in (FEW, MANY)}


def _crowd(world: World, count: int, rows: dict[str, Planted]) -> Path:
    world.start()
    with world.app.app_context():
        with db.engine.begin() as connection:
            for table in business_tables():
                if table.name in GROWING:
                    multiply(connection, table, rows["claire"], count)
        path = Path(str(db.engine.url.database))
        db.engine.dispose()
    crowd = path.rename(path.with_name(f"{count}.sqlite"))
    world.start()
    return crowd


@contextmanager
def on(world: World, database: Path) -> Iterator[Flask]:
    """The application of the planted world, on one of the crowded databases."""
    world.start()
    with world.app.app_context():
        db.engine.dispose()
        shutil.copyfile(database, str(db.engine.url.database))
    world.written.add("")
    yield world.app
    world.start()


def pages(everywhere: list[Address]) -> Iterator[Address]:
    """Every page and resource that reads, of Claire's row where it is of one."""
    for one in everywhere:
        if one.method != "GET" or one.row not in ("-", "claire"):
            continue
        if "/field/" not in one.rule and "/export" not in one.rule:  # which reads in batches
            yield one


def count(app: Flask, address: Address, client: Client, headers: dict[str, str]) -> int:
    """The statements of one request that is answered."""
    with statements_of(app, "BEGIN", "PRAGMA") as statements:
        answer = client.get(address.path, headers=headers)
    if answer.status_code >= 500:
        return BROKEN
    return len(statements) if answer.status_code == 200 else NOT_OPEN


def grows(address: Address) -> bool:
    """Whether a page may have more to say where there are more records: not lists of words."""
    model = model_of(address.view)
    return model is None or not issubclass(model, Reference)


def counts(app: Flask, user_id: int, asked: Iterable[Address]) -> dict[str, int]:
    """address → statements, of what this person may open."""
    client, token = signed_in(app, user_id), token_header(app, user_id)
    found = {}
    for one in asked:
        number = count(app, one, client, token if one.is_api else {})
        if number != NOT_OPEN:
            found[one.rule] = number
    assert [rule for rule, number in found.items() if number == BROKEN] == []
    return found


@pytest.mark.slow("opens every page twice")
@pytest.mark.parametrize("person", ["alice", "claire"])
def test_a_page_takes_as_many_statements_for_ten_rows_as_for_ten_thousand(
    person: str, planted_world: World, crowded: dict[int, Path], everywhere: list[Address]
) -> None:
    user_id = planted_world.cast.people[person]
    with on(planted_world, crowded[MANY]) as app:
        many = counts(app, user_id, pages(everywhere))
    with on(planted_world, crowded[FEW]) as app:
        few = counts(app, user_id, filter(grows, pages(everywhere)))
    assert len(few) > 10
    assert {rule: (few[rule], many[rule]) for rule in few if few[rule] != many[rule]} == {}
    over = {
        rule: number
        for rule, number in many.items()
        for kind, budget in BUDGETS.items()
        if kind in rule and number > budget
    }
    assert over == {}
    known = json.loads(FILE.read_text()) if FILE.exists() else {}
    if rewriting():
        FILE.write_text(json.dumps({**known, person: many}, indent=1, sort_keys=True) + "\n")
        return
    assert many == known[person], "on purpose? then `make baselines`"


def test_the_crowd_is_there(planted_world: World, crowded: dict[int, Path]) -> None:
    with (
        on(planted_world, crowded[MANY]) as app,
        app.app_context(),
        db.engine.connect() as connection,
    ):
        for name in GROWING:
            table = Model.metadata.tables[name]
            assert connection.execute(text(f"SELECT count(*) FROM {table.name}")).scalar() > MANY  # noqa: S608
