"""What the proofs share: `make proof`, with SEED= other requests, with LONG=1 all of them.

A proof is a file proof_*.py, which `make test` does not collect. One that measures time, or that
loads the machine, carries `@pytest.mark.alone`: nothing runs beside it.
"""

import os
import secrets
from pathlib import Path

import pytest

from tests.fixtures import World, fill, keep_copies, make_app, read_cast, renewing
from tests.house.conftest import plant_everybody, planted_world, rows
from tests.population import Planted
from tests.servers import FOLDER, Postgres

__all__ = ["planted_world", "rows"]  # the house's own fixtures

FIGURES = "figures"
LONG = os.environ.get("LONG", "") not in ("", "0")


def say(text: str) -> None:
    """Note a figure, which is printed when all proofs have ended."""
    with (Path(os.environ[FOLDER]) / FIGURES).open("a") as file:
        file.write(f"{text}\n")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    file = Path(os.environ[FOLDER]) / FIGURES
    if file.exists():
        terminalreporter.section("figures")
        terminalreporter.write(file.read_text())


def pytest_configure(config: pytest.Config) -> None:
    # Chosen by the main process, as every worker has to collect the same.
    os.environ.setdefault("SEED", secrets.token_hex(4) if LONG else "1")


def pytest_report_header() -> str:
    return f"seed: {os.environ['SEED']} (again: make proof SEED={os.environ['SEED']})"


@pytest.fixture(scope="session")
def seed() -> str:
    return os.environ["SEED"]


@pytest.fixture(scope="session")
def long() -> bool:
    """Whether there is time for everything."""
    return LONG


@pytest.fixture(scope="session")
def postgres_rows() -> dict[str, Planted]:
    """owner → what was planted for them; filled by `postgres_world`."""
    return {}


@pytest.fixture(scope="session")
def postgres_world(
    postgres: Postgres,
    worker: str,
    postgres_rows: dict[str, Planted],
    tmp_path_factory: pytest.TempPathFactory,
) -> World:
    """The planted world on PostgreSQL."""
    app = make_app(postgres.create(f"crm_{worker}_planted"), tmp_path_factory.mktemp("postgres"))
    fill(app)
    cast = read_cast(app)
    plant_everybody(app, cast, postgres_rows)
    keep_copies(app)
    world = World(app, cast, renewing(app))
    world.watch()
    return world


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def everybodys(request: pytest.FixtureRequest) -> tuple[World, dict[str, Planted]]:
    """A planted world and what is in it, on either database."""
    if request.param == "sqlite":
        names = "planted_world", "rows"
    else:
        names = "postgres_world", "postgres_rows"
    world, planted = (request.getfixturevalue(name) for name in names)
    world.start()
    return world, planted
