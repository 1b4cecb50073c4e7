"""From nothing to the tables of the models, on both databases, whoever does it at the same time."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, migrate, upgrade
from sqlalchemy import create_engine, inspect, text

from crm.core.db import db
from crm.init import init
from tests.fixtures import SECRET, make_app

ROOT = Path(__file__).parents[2]
VERSIONS = ROOT / "crm" / "migrations" / "versions"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite'}"
    new: Callable[[str], str] = request.getfixturevalue("new_database")
    return new("crm_empty")


# SQLite tells nothing of an index over an expression; PostgreSQL does.
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based")
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
def test_the_migrations_make_the_tables_of_the_models(empty_url: str, tmp_path: Path) -> None:
    app = make_app(empty_url, tmp_path)
    with app.app_context():
        upgrade()
        with db.engine.connect() as connection:
            opts = app.extensions["migrate"].configure_args
            context = MigrationContext.configure(connection, opts=opts)
            differences = compare_metadata(context, db.metadata)
        db.engine.dispose()
    assert differences == []


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based")
def test_a_migration_of_nothing_is_not_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = make_app(f"sqlite:///{tmp_path / 'empty.sqlite'}", tmp_path)
    before = set(VERSIONS.glob("*.py"))
    with app.app_context():
        upgrade()
        migrate(message="nothing")
        db.engine.dispose()
    written = set(VERSIONS.glob("*.py")) - before
    for file in written:
        file.unlink()
    assert not written
    assert "Nothing to migrate" in capsys.readouterr().out


def test_a_migration_can_be_taken_back(empty_url: str, tmp_path: Path) -> None:
    app = make_app(empty_url, tmp_path)
    with app.app_context():
        upgrade()
        downgrade(revision="base")
        assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
        upgrade()
        db.engine.dispose()


def test_two_inits_at_once_agree_and_a_third_changes_nothing(
    empty_url: str, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": empty_url,
        "INSTANCE": str(tmp_path),
        "SECRET_KEY": SECRET,
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-c", "from crm.cli import main; main()", "init"]

    def begin() -> subprocess.Popen[str]:
        return subprocess.Popen(
            command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    both = [begin(), begin()]
    told = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert sum("password" in out for out, _ in told) == 1, "one of them made the administrator"
    before = contents(empty_url)
    app = make_app(empty_url, tmp_path, admin_password="")
    with app.app_context():
        init()
        db.engine.dispose()
    assert contents(empty_url) == before


def contents(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = {
            table: sorted(
                tuple(map(str, row))
                for row in connection.execute(text(f'SELECT * FROM "{table}"'))  # noqa: S608
            )
            for table in inspect(connection).get_table_names()
        }
    engine.dispose()
    assert found["ab_role"]
    return found
