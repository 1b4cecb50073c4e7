"""A world in which three people own one row of everything, and each row is marked."""

import os
import shutil
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from crm.companies.models import AppSettings
from crm.core.db import db
from tests.fixtures import Cast, World, make_app, read_cast, replace_database
from tests.house.addresses import Address, addresses
from tests.house.asking import Crawl, crawl_as_olga
from tests.population import Planted, plant

SWITCHES = (
    "manage_catalogs", "manage_recurring", "manage_agencies", "show_customer_description",
    "manage_prospect_status",
)  # fmt: skip
# Owner → the company of what is theirs, and the word in all of its texts.
OWNERS = {
    "claire": ("france", "Zqclaire"),
    "marc": ("france", "Zqmarc"),  # of her company, and not of her team
    "olga": ("iberia", "Zqolga"),
}


@pytest.fixture(scope="session")
def rows() -> dict[str, Planted]:
    """owner → what was planted for them; filled by `planted`."""
    return {}


@pytest.fixture(scope="session")
def planted_world(
    rows: dict[str, Planted],
    sqlite_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> World:
    """One application of this worker, with every switch on, on rows of three owners."""
    folder = tmp_path_factory.mktemp("planted")
    path, kept = folder / "crm.sqlite", folder / "kept.sqlite"
    shutil.copyfile(sqlite_template, path)
    app = make_app(f"sqlite:///{path}", folder)
    cast = read_cast(app)
    plant_everybody(app, cast, rows)
    for one in rows.values():
        keep_file(folder / "files", one.mark)
    shutil.copyfile(path, kept)

    world = World(app, cast, lambda written: replace_database(kept, path))
    world.watch()
    return world


@pytest.fixture(scope="session")
def everywhere(planted_world: World, rows: dict[str, Planted]) -> list[Address]:
    """Every address of the planted world."""
    return list(addresses(planted_world.app, rows, planted_world.cast))


@pytest.fixture(scope="session")
def crawl(planted_world: World, everywhere: list[Address], rows: dict[str, Planted]) -> Crawl:
    """What Olga is answered everywhere: asked once, judged by several tests."""
    return crawl_as_olga(planted_world, everywhere, rows)


def plant_everybody(app: Flask, cast: Cast, rows: dict[str, Planted]) -> None:
    """One row of everything for each of OWNERS, noted in `rows`; every switch on."""
    with app.app_context():
        with db.engine.begin() as connection:
            for number, (owner, (company, mark)) in enumerate(OWNERS.items()):
                one = Planted(getattr(cast, company), cast.people[owner], mark, number=number)
                rows[owner] = plant(connection, one)
            connection.execute(update(AppSettings).values(dict.fromkeys(SWITCHES, True)))
        db.engine.dispose()


def keep_file(folder: Path, key: str) -> None:
    """The content of a planted file, whose key is its mark and whose size is one byte."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / key).write_bytes(b"%")


@pytest.fixture
def planted(planted_world: World) -> World:
    """The planted world, as new."""
    planted_world.start()
    return planted_world


def rewriting() -> bool:
    """Whether `make baselines` asks for what is, instead of comparing with what was."""
    return os.environ.get("CRM_BASELINES") == "write"
