"""The demo as a world of the tests: names, amounts and texts as long as those of real work."""

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, Table, func, insert, select, update

from crm import demo
from crm.companies.models import User
from crm.core.db import db
from crm.core.rows import unfiltered
from crm.demo import business
from crm.demo.business import Share
from crm.init import init
from tests.fixtures import Cast, World, make_app
from tests.population import Planted, business_tables, fill_vocabularies, row_of
from tests.proof.conftest import LONG
from tests.servers import FOLDER, locked


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the demo, and its files: made by the first worker that asks."""
    made = Path(os.environ[FOLDER]) / "demo"
    with locked(made.with_suffix(".lock")):
        if not made.exists():
            folder = tmp_path_factory.mktemp("demo")
            _fill(make_app(f"sqlite:///{folder / 'crm.sqlite'}", folder))
            shutil.copytree(folder, made)
    return made


def _fill(app: Flask) -> None:
    with app.app_context():
        init()
        with (
            unfiltered("the demo comes before anybody acts"),
            pytest.MonkeyPatch.context() as patch,
        ):
            if not LONG:
                patch.setattr(business, "SHARES", few(business.SHARES))
            demo.fill()
        with db.engine.begin() as connection:
            _complete(connection)
        db.session.remove()
        db.engine.dispose()


def _complete(connection: Connection) -> None:
    """A row where the demo makes none, and one in each bin."""
    somebody = Planted(1, 1, "Exposition nationale")
    fill_vocabularies(connection, somebody)
    for table in business_tables():
        count = connection.scalar(select(func.count()).select_from(table))
        if not count:
            connection.execute(insert(table).values(row_of(connection, table, somebody)))
        elif count > 1 and "deleted_at" in table.c:
            last = select(func.max(table.c.id)).scalar_subquery()
            deleted = update(table).where(table.c.id == last)
            connection.execute(deleted.values(deleted_at=datetime.now(UTC)))


def few(shares: dict[str, Share]) -> dict[str, Share]:
    """Enough for more than one page of Claire's leads, and something of everybody else's."""
    others = {name: replace(share, leads=2, accounts=2) for name, share in shares.items()}
    return {**others, "claire": replace(shares["claire"], leads=28, accounts=10)}


@pytest.fixture(scope="session")
def demo_world(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    """This worker's application on the demo."""
    folder = tmp_path_factory.mktemp("demo_world")
    shutil.copytree(demo_folder, folder, dirs_exist_ok=True)
    path, kept = folder / "crm.sqlite", demo_folder / "crm.sqlite"

    def renew(written: set[str]) -> None:
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(kept, path)

    app = make_app(f"sqlite:///{path}", folder)
    with app.app_context(), unfiltered("who is who"):
        people = {name: pk for name, pk in db.session.execute(select(User.username, User.id))}  # noqa: C416
        db.session.remove()
        db.engine.dispose()
    world = World(app, Cast(people=people), renew)
    world.watch()
    return world


def fullest(world: World, person: str) -> Planted:
    """Of each table the row of this person that says most."""
    owner = world.cast.people[person]
    with world.app.app_context(), unfiltered("a test chooses its rows"), db.engine.connect() as one:
        found = Planted(0, owner, "")
        for table in business_tables():
            rows = [row._mapping for row in one.execute(living(table))]
            theirs = [row for row in rows if row.get("owner_id", owner) == owner]
            if rows:
                chosen = max(theirs or rows, key=_said)
                found.ids[table.name] = chosen["id"]
                found.company = found.company or chosen.get("company_id", 0)
    return found


def living(table: Table) -> Any:
    """The rows that are not in the bin."""
    rows = select(table)
    return rows.where(table.c.deleted_at.is_(None)) if "deleted_at" in table.c else rows


def _said(row: Any) -> tuple[int, int]:
    told = [value for value in row.values() if value not in (None, "", False)]
    return len(told), sum(len(str(value)) for value in told)
