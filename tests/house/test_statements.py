"""How many SQL statements a page takes: the same with ten rows as with ten thousand.

`make baselines` writes statements.json; the budgets of design.md hold whatever it says.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_appbuilder import Model
from sqlalchemy import text

from crm.core.db import db
from tests.fixtures import (
    Client,
    World,
    make_app,
    read_cast,
    signed_in,
    statements_of,
    token_header,
)
from tests.house.addresses import Address, addresses
from tests.house.conftest import rewriting
from tests.population import Planted, business_tables, multiply

FILE = Path(__file__).with_name("statements.json")
FEW, MANY = 10, 10_000
BROKEN, NOT_OPEN = -500, -1
# The kind of a page, by its address → how many statements it may take.
BUDGETS = {"/list/": 8, "/show/": 14, "/add": 12, "/edit/": 12, "/bin/": 8}
# What grows with records; the others have as many rows as an administrator makes.
GROWING = ("lead", "account", "contact", "opportunity", "quote", "event", "product", "catalog")


@pytest.fixture(scope="session")
def crowded(
    planted_world: World,
    rows: dict[str, Planted],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[int, Flask]:
    """The planted world twice: with FEW more rows in each table that grows, and with MANY.

    They hang on Claire's rows, so that the tabs of her records are as long.
    """
    planted_world.start()
    with planted_world.app.app_context():
        source = Path(str(db.engine.url.database))
        db.engine.dispose()
    return {count: _crowd(source, count, rows, tmp_path_factory) for count in (FEW, MANY)}


def _crowd(
    source: Path, count: int, rows: dict[str, Planted], folders: pytest.TempPathFactory
) -> Flask:
    folder = folders.mktemp(f"rows-{count}")
    shutil.copyfile(source, folder / "crm.sqlite")
    app = make_app(f"sqlite:///{folder / 'crm.sqlite'}", folder)
    with app.app_context():
        with db.engine.begin() as connection:
            for table in business_tables():
                if table.name in GROWING:
                    multiply(connection, table, rows["claire"], count)
        db.session.remove()
    return app


def pages(app: Flask, rows: dict[str, Planted]) -> Iterator[Address]:
    """Every page and resource that reads, of Claire's row where it is of one."""
    for one in addresses(app, rows, read_cast(app)):
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


def counts(app: Flask, rows: dict[str, Planted], person: str) -> dict[str, int]:
    """address → statements, of what this person may open."""
    user_id = read_cast(app).people[person]
    client, token = signed_in(app, user_id), token_header(app, user_id)
    found = {}
    for one in pages(app, rows):
        number = count(app, one, client, token if one.is_api else {})
        if number != NOT_OPEN:
            found[one.rule] = number
    assert [rule for rule, number in found.items() if number == BROKEN] == []
    return found


@pytest.mark.parametrize("person", ["alice", "claire"])
def test_a_page_takes_as_many_statements_for_ten_rows_as_for_ten_thousand(
    person: str, crowded: dict[int, Flask], rows: dict[str, Planted]
) -> None:
    few, many = (counts(crowded[number], rows, person) for number in (FEW, MANY))
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


def test_the_crowd_is_there(crowded: dict[int, Flask]) -> None:
    with crowded[MANY].app_context(), db.engine.connect() as connection:
        for name in GROWING:
            table = Model.metadata.tables[name]
            assert connection.execute(text(f"SELECT count(*) FROM {table.name}")).scalar() > MANY  # noqa: S608
