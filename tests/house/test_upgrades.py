"""An upgrade loses no row: whatever table a migration rebuilds, from whatever version."""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import Connection, MetaData, Table, insert, select, text

from crm.core.db import db
from crm.core.models import rich_text
from crm.core.types import Exact
from crm.migrations.backup import KEPT, copies
from tests.fixtures import make_app
from tests.house.filling import ROWS, contents, fill, schema
from tests.servers import FOLDER, locked

# What a later version rewrote or dropped on purpose: table → columns; none stands for the table.
# Each has a test of its own.
REWRITTEN: dict[str, tuple[str, ...]] = {
    "login_failure": (),  # counted outside the database: tests/core/test_lockout.py
    # Names are folded from what lists show; long texts became rich texts, as tested below.
    "ab_user": ("name_key",),
    "account": ("name_key", "notes"),
    "catalog": ("file",),  # of the files: tests/catalog/test_carried_over.py
    "contact": ("name_key", "notes"),
    "event": ("description",),
    "lead": ("name_key", "description"),
    "opportunity": ("description",),
    "product": ("price", "currency"),  # a table of their own now, as tested below
}

MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{down}"


def upgrade():
    bind = op.get_bind()
    {body}


def downgrade():
    pass
"""
# SQLite tells SQLAlchemy nothing of an index over an expression.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression"),
    pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based"),
]

REBUILD = """
    for table in sa.inspect(bind).get_table_names():
        if table.startswith("search_"):
            continue
        if bind.dialect.name == "sqlite":
            with op.batch_alter_table(table, recreate="always"):
                pass
        else:
            op.add_column(table, sa.Column("added", sa.Integer(), server_default="7"))
            op.drop_column(table, "added")
"""
HALF_WAY = """
    op.add_column("quote", sa.Column("added_by_a_migration", sa.Integer()))
    op.execute("UPDATE quote SET title = 'rewritten'")
    raise RuntimeError("in the middle")
"""
OTHER_CHECKS = """
    with op.batch_alter_table("vat_rate") as batch:
        batch.drop_constraint(batch.f("ck_vat_rate_rate_range"), type_="check")
        batch.create_check_constraint("of_no_model", "rate < 1000")
"""
ORPHANS = """
    op.execute("DELETE FROM vat_rate WHERE id = 1")
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An application whose database has no table yet."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'crm.sqlite'}"
    else:
        url = request.getfixturevalue("new_database")("crm_upgrades")
    app = make_app(url, tmp_path)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def filled_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database of today with rows in every table; to be copied."""
    kept = Path(os.environ[FOLDER]) / "filled.sqlite"
    with locked(kept.with_suffix(".lock")):
        if not kept.exists():
            folder = tmp_path_factory.mktemp("filled")
            with make_app(f"sqlite:///{folder / 'crm.sqlite'}", folder).app_context():
                filled()
                db.session.remove()
                db.engine.dispose()
            shutil.move(folder / "crm.sqlite", kept)
    return kept


@pytest.fixture
def on_file(filled_file: Path, tmp_path: Path) -> Iterator[Flask]:
    """An application on a copy of it, crm.sqlite in tmp_path."""
    path = shutil.copy(filled_file, tmp_path / "crm.sqlite")
    app = make_app(f"sqlite:///{path}", tmp_path)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ready(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An application whose database is of today, with rows in every table."""
    if request.param == "sqlite":
        yield request.getfixturevalue("on_file")
        return
    app = make_app(request.getfixturevalue("new_database")("crm_upgrades"), tmp_path)
    with app.app_context():
        filled()
        yield app
        db.session.remove()
        db.engine.dispose()


@contextmanager
def writing() -> Iterator[Connection]:
    """A connection that takes rows in any order."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")
        else:
            connection.execute(text("SET session_replication_role = replica"))
        yield connection
        connection.commit()
        connection.invalidate()


def filled(revision: str = "head") -> None:
    """Migrate to `revision`, and put rows into every table."""
    upgrade(revision=revision)
    with writing() as connection:
        fill(connection)


def migrate_with(app: Flask, folder: Path, body: str) -> Config:
    """Upgrade by one more migration, which comes after all of ours."""
    config = app.extensions["migrate"].migrate.get_config()
    ours = Path(config.get_main_option("script_location")) / "versions"
    folder.mkdir()
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", f"{ours}:{folder}")
    text = MIGRATION.format(revision="next", down=current(), body=body.strip())
    (folder / "next.py").write_text(text)
    command.upgrade(config, "head")
    return config


def current() -> str:
    with db.engine.connect() as connection:
        return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


def state() -> tuple[Any, Any]:
    with db.engine.connect() as connection:
        return contents(connection), schema(connection)


@pytest.mark.slow("rebuilds every table")
def test_neither_a_row_nor_a_last_key_is_lost_when_every_table_is_rebuilt(
    ready: Flask, tmp_path: Path
) -> None:
    assert all(state()[0].values()), "every table has rows"
    is_sqlite = ready.extensions["crm.config"].is_sqlite
    with writing() as connection:
        connection.execute(text("DELETE FROM quote_line"))  # whose keys are not to be given again
        keys = last_keys(connection) if is_sqlite else {}
    before = state()
    migrate_with(ready, tmp_path / "later", REBUILD)
    assert state() == before
    assert current() == "next"
    if is_sqlite:
        with db.engine.connect() as connection:
            assert last_keys(connection) == keys
            assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert keys.keys() == {table.name for table in db.metadata.sorted_tables if "id" in table.c}


def last_keys(connection: Connection) -> dict[str, int]:
    """table → the last key that SQLite gave to one of its rows."""
    found = connection.execute(text("SELECT name, seq FROM sqlite_sequence"))
    return {row.name: row.seq for row in found}


def test_an_upgrade_from_the_first_version_loses_nothing(fresh: Flask) -> None:
    filled("0001")
    before, __ = state()
    upgrade()
    after, __ = state()
    for table, rows in before.items():
        left_out = REWRITTEN.get(table)
        if left_out == ():
            continue
        names = rows[0].keys() & after[table][0].keys() - set(left_out or ())
        assert names == rows[0].keys() - set(left_out or ()), table
        assert parts(after[table], names) == parts(rows, names), table


def test_the_price_of_each_product_moves_to_the_table_of_prices_and_back(fresh: Flask) -> None:
    filled("0051")
    before, __ = state()
    upgrade()
    after, __ = state()
    old = {row["id"]: (row["currency"], row["price"]) for row in before["product"]}
    assert old
    assert old == {
        row["product_id"]: (row["currency"], row["price"]) for row in after["product_price"]
    }
    downgrade(revision="0051")
    again, __ = state()
    assert again["product"] == before["product"]


def test_the_largest_discount_of_each_quote_is_worked_out(fresh: Flask) -> None:
    quote = sa.table("quote", sa.column("id"), sa.column("global_discount", Exact(2)))
    line = sa.table(
        "quote_line", sa.column("quote_id"), sa.column("kind"), sa.column("unit_price", Exact(4)),
        sa.column("discount_percent", Exact(2)), sa.column("discount_amount", Exact(4)),
    )  # fmt: skip
    filled("0055")
    price = {"kind": "item", "unit_price": 3}
    given: tuple[dict[str, Any], ...] = (
        {"discount_percent": 15, "discount_amount": None},
        {"discount_percent": None, "discount_amount": 1},
        {"discount_percent": 0, "discount_amount": None},
    )
    with writing() as connection:
        for pk, (discount, overall) in enumerate(zip(given, ("0.01", None, 0), strict=True), 1):
            of_quote = sa.update(line).where(line.c.quote_id == pk)
            connection.execute(of_quote.values(**price, **discount))
            shared = sa.update(quote).where(quote.c.id == pk)
            connection.execute(shared.values(global_discount=overall))
    before, __ = state()
    upgrade()
    asked = select(sa.table("quote", sa.column("id"), sa.column("largest_discount", Exact(2))))
    with db.engine.connect() as connection:
        found = [row.largest_discount for row in connection.execute(asked.order_by("id"))]
    assert found == [Decimal("15.01"), Decimal("33.34"), 0]
    downgrade(revision="0055")
    again, __ = state()
    assert again["quote"] == before["quote"]


AWKWARD = (
    "one line",
    "<p>no paragraph</p>",
    "a < b && c > d, &amp; &lt;b&gt; \"quoted\" 'too'",
    "  two  spaces,\ta tab, a\u00a0no-break space  ",
    "a line\nanother\n\na paragraph\n\n\n\n\nfour empty lines before\n - an item",
    "\n\nstarts and ends with empty lines\n\n\n",
    "é 漢 🎉 \u200b\u202e\u2028 x",
    None,
)
RICH = (
    ("account", "notes"),
    ("contact", "notes"),
    ("event", "description"),
    ("lead", "description"),
    ("opportunity", "description"),
)


def test_long_texts_become_rich_texts_and_plain_again_character_for_character(fresh: Flask) -> None:
    filled("0020")
    columns = [(table, column) for table, column in RICH for _ in range(ROWS)]
    texts = [AWKWARD[n % len(AWKWARD)] for n in range(len(columns))]
    write = "UPDATE {} SET {} = :text WHERE id = :id"
    with writing() as connection:
        for n, ((table, column), plain) in enumerate(zip(columns, texts, strict=True)):
            values = {"text": plain, "id": n % ROWS + 1}
            connection.execute(text(write.format(table, column)), values)
    before = state()
    upgrade()
    with db.engine.connect() as connection:
        asked = (f"SELECT {column} FROM {table} ORDER BY id" for table, column in RICH)  # noqa: S608
        found = [value for one in asked for value in connection.scalars(text(one))]
    assert [value and rich_text.to_text(value) for value in found] == texts
    assert all(value.startswith("<p>") for value in found if value)
    downgrade(revision="0020")
    assert state() == before


def test_indexes_keys_and_demo_marks_are_taken_back_and_made_again(fresh: Flask) -> None:
    filled("0020")
    before, __ = state()
    downgrade(revision="0012")
    older, __ = state()
    assert {table: len(rows) for table, rows in older.items()} == {
        table: len(before[table]) for table in older
    }
    upgrade(revision="0020")
    after, __ = state()
    for table, rows in older.items():
        names = {name for name in rows[0] if not name.endswith("_key")}  # folded anew
        assert parts(after[table], names) == parts(before[table], names), table


def parts(rows: list[dict[str, str]], names: Iterable[str]) -> list[list[str]]:
    """Some columns of rows, in an order of their own."""
    return sorted([row[name] for name in sorted(names)] for row in rows)


def test_what_the_journal_told_of_lines_takes_the_form_of_today(fresh: Flask) -> None:
    upgrade(revision="0001")
    journal = Table("journal", MetaData(), autoload_with=db.engine)
    old = {"title": ["a", "b"], "quote_line.quantity": ["1", "2"], "quote_line.label": ["x", "y"]}
    with db.engine.begin() as connection:
        row = {
            "kind": "quote",
            "row_id": 7,
            "at": datetime(2026, 11, 24, tzinfo=UTC),
            "action": "changed",
        }
        connection.execute(insert(journal).values(changes=old, **row))
    upgrade()
    with db.engine.connect() as connection:
        told = connection.scalar(select(journal.c.changes))
    assert told == {
        "title": ["a", "b"],
        "lines.0": [
            {"label": "", "links": [], "values": {"quantity": "1", "label": "x"}},
            {"label": "", "links": [], "values": {"quantity": "2", "label": "y"}},
        ],
    }


def test_a_migration_that_fails_changes_nothing(ready: Flask, tmp_path: Path) -> None:
    before, revision = state(), current()
    with pytest.raises(RuntimeError, match="in the middle"):
        migrate_with(ready, tmp_path / "later", HALF_WAY)
    assert (state(), current()) == (before, revision)


def test_a_migration_that_leaves_rows_without_their_parent_is_refused(
    ready: Flask, tmp_path: Path
) -> None:
    before, revision = state(), current()
    with pytest.raises(Exception, match="vat_rate") as raised:
        migrate_with(ready, tmp_path / "later", ORPHANS)
    assert (state(), current()) == (before, revision)
    if ready.extensions["crm.config"].is_sqlite:
        assert isinstance(raised.value, CommandError)
        assert "Nothing was changed." in str(raised.value)


def test_the_file_is_kept_as_it_was_before_an_upgrade(
    filled_file: Path, on_file: Flask, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "crm.sqlite"
    upgrade()
    nothing_to_do = "neither of an empty database, nor where nothing is to be done"
    assert copies(filled_file) == copies(path) == [], nothing_to_do
    before, revision = state(), current()
    migrate_with(on_file, tmp_path / "later", 'op.execute("DELETE FROM quote_line")')
    (copy,) = copies(path)
    assert str(copy) in capsys.readouterr().out
    assert copy.stat().st_mode == path.stat().st_mode
    kept = make_app(f"sqlite:///{copy}", tmp_path)
    with kept.app_context():
        assert (state(), current()) == (before, revision)
        db.engine.dispose()


def test_no_upgrade_without_a_copy(
    on_file: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    revision = current()

    def full(self: Path, target: Path) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(CommandError, match=r"No space left on device.*Nothing was changed"):
        migrate_with(on_file, tmp_path / "later", "pass")
    assert current() == revision
    assert not list(tmp_path.glob("*upgrade*")), "no half a copy stays behind"
    assert not list(tmp_path.glob("*unfinished*"))


def test_only_the_last_copies_are_kept(on_file: Flask, tmp_path: Path) -> None:
    path = tmp_path / "crm.sqlite"
    older = [tmp_path / f"crm.sqlite.2026010{day}-090000.before-upgrade" for day in range(1, 6)]
    for copy in older:
        copy.touch()
    migrate_with(on_file, tmp_path / "later", "pass")
    assert len(copies(path)) == KEPT
    assert copies(path)[:-1] == older[-(KEPT - 1) :]


def test_make_migration_writes_checks(ready: Flask, tmp_path: Path) -> None:
    folder, name = tmp_path / "later", "ck_vat_rate_rate_range"
    config = migrate_with(ready, folder, OTHER_CHECKS)
    assert name not in str(state()[1]["vat_rate"])
    assert "of_no_model" in str(state()[1]["vat_rate"])
    command.revision(config, "again", autogenerate=True, head="next", version_path=str(folder))
    (written,) = [path for path in folder.glob("*.py") if path.stem != "next"]
    assert "batch_op.create_check_constraint" in written.read_text()
    command.upgrade(config, "head")
    assert name in str(state()[1]["vat_rate"])
    assert "of_no_model" not in str(state()[1]["vat_rate"])
    command.check(config)
