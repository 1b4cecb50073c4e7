"""The migration to stored files: each catalogue keeps its file, there and back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from crm.core.db import db
from tests.fixtures import make_app
from tests.house.test_upgrades import filled

pytestmark = [
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression"),
    pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based"),
]
BEFORE = "0021"
FILES = """
    SELECT catalog.id, file.key, file.size, file.sha256, file.file_name, file.media_type,
        cover.key AS cover
    FROM catalog JOIN stored_file AS file ON file.id = file_id
    LEFT JOIN stored_file AS cover ON cover.id = cover_id ORDER BY catalog.id
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An application whose database has no table yet."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'crm.sqlite'}"
    else:
        url = request.getfixturevalue("new_database")("crm_files")
    app = make_app(url, tmp_path)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def rows(statement: str) -> list[Any]:
    with db.engine.connect() as connection:
        return list(connection.execute(text(statement)))


def test_each_catalogue_keeps_its_file(fresh: Flask) -> None:
    folder = Path(fresh.extensions["crm.config"].files)
    filled(BEFORE)
    before = rows("SELECT id, file, file_name FROM catalog ORDER BY id")
    first, second, _third = (row.file for row in before)
    (folder / "catalogs").mkdir(parents=True)
    for name in (f"{first}.pdf", f"{first}.png", f"{second}.pdf"):
        (folder / "catalogs" / name).write_bytes(b"content")
    upgrade(revision="0022")
    found = rows(FILES)
    assert [(row.key, row.size) for row in found] == [
        (f"catalogs/{row.file}.pdf", size) for row, size in zip(before, (7, 7, 0), strict=True)
    ]
    assert [row.cover for row in found] == [f"catalogs/{first}.png", None, None]
    assert [row.file_name for row in found] == [row.file_name for row in before]
    assert {len(row.sha256) for row in found} == {64, 0}
    new = "ab/" + "c" * 32
    (folder / "ab").mkdir()
    (folder / new).write_bytes(b"newer")
    with db.engine.begin() as connection:
        pk = "(SELECT file_id FROM catalog WHERE id = 2)"
        connection.execute(text(f"UPDATE stored_file SET key = '{new}' WHERE id = {pk}"))  # noqa: S608
    downgrade(revision=BEFORE)
    names = [row.file for row in rows("SELECT id, file FROM catalog ORDER BY id")]
    assert names == [first, "c" * 32, before[2].file]
    assert (folder / f"catalogs/{'c' * 32}.pdf").read_bytes() == b"newer"
