"""A file is kept with the transaction that links it, and goes with its last link."""

import io
import os
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from crm.catalog.models import Catalog, CatalogType, CatalogVersion
from crm.catalog.services import Document
from crm.core.db import db
from crm.core.files import storage, sweeping
from crm.core.files.checking import ATTACHMENT
from crm.core.files.models import StoredFile
from crm.core.files.storing import keep_made, store
from tests.factories import make, word
from tests.fixtures import Acting, Cast


def text(content: str = "one;two\n", name: str = "a.csv") -> StoredFile:
    upload = SimpleNamespace(filename=name, stream=io.BytesIO(content.encode()))
    return store(upload, ATTACHMENT)


def linked(file: StoredFile) -> Catalog:
    """A row that links to `file`."""
    document = Document(file, keep_made(b"x", "cover.png", "image/png"), 1)
    kind = word(CatalogType, "Price list")
    made: Catalog = make(Catalog, name=file.key, file=document, type=kind)
    return made


def is_kept(key: str) -> bool:
    try:
        storage.read(key).close()
    except FileNotFoundError:
        return False
    return True


def test_a_file_tells_what_it_is_and_who_sent_it(acting: Acting, cast: Cast) -> None:
    with acting("claire") as session:
        file = linked(text("é", "..\\Prix\r\n.csv")).file
        session.commit()
        assert (file.file_name, file.media_type, file.size) == ("Prix.csv", "text/csv", 2)
        assert (file.created_by_id, file.is_safe) == (cast.claire, False)
        with storage.read(file.key) as content:
            assert content.read() == "é".encode()


def test_a_rollback_leaves_nothing(acting: Acting) -> None:
    with acting("claire") as session:
        key = linked(text()).file.key
        assert is_kept(key)
        session.rollback()
        assert not is_kept(key)


def test_a_request_that_ends_without_a_commit_leaves_nothing(app: Flask) -> None:
    with app.app_context():
        db.session.scalar(select(1))
        key = text().key
        db.session.remove()
        assert not is_kept(key)


def test_a_file_goes_with_its_last_link(acting: Acting) -> None:
    with acting("claire") as session:
        row = linked(text())
        key, pk = row.file.key, row.file_id
        session.add(CatalogVersion(catalog=linked(text()), file_id=pk, pages=1))
        session.commit()
        session.delete(row)
        session.commit()
        assert is_kept(key), "another row links to it"
        session.delete(session.scalars(select(CatalogVersion)).one())
        session.commit()
        assert not is_kept(key)
        assert session.get(StoredFile, pk) is None


def test_what_a_savepoint_takes_back_keeps_its_file(acting: Acting) -> None:
    with acting("claire") as session:
        row = linked(text())
        session.commit()
        savepoint = session.begin_nested()
        session.delete(row)
        session.flush()
        savepoint.rollback()
        session.commit()
        assert is_kept(row.file.key)


def grow_old(app: Flask, session: Session) -> None:
    """Everything in the store is two days old."""
    for path in Path(app.extensions["crm.config"].files).rglob("*"):
        os.utime(path, (time.time() - 2 * 86400,) * 2)
    for file in session.scalars(select(StoredFile)):
        file.created_on -= 2 * sweeping.GRACE
    session.commit()


def test_the_sweep_deletes_what_is_left_over_and_nothing_else(acting: Acting, app: Flask) -> None:
    folder = Path(app.extensions["crm.config"].files)
    with acting("claire") as session:
        used, loose = linked(text()), linked(text())
        keys = [loose.file.key, used.file.key]
        session.commit()
        session.execute(delete(Catalog).where(Catalog.id == loose.id))
        session.commit()
        orphan = f"ab/{'0' * 32}"
        for name in (orphan, "notes/plan.txt", "catalogs/plan.pdf"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(b"")
    with app.app_context():
        assert sweeping.sweep() == (0, 0), "they may still be on their way"
    with acting("claire") as session:
        grow_old(app, session)
    with app.app_context():
        rows, contents = sweeping.sweep()
        assert rows == 2
        assert contents >= 1, "other tests leave some"
        assert [is_kept(key) for key in (*keys, orphan)] == [False, True, False]
        assert is_kept("notes/plan.txt"), "the folder may hold what is not ours"
        assert is_kept("catalogs/plan.pdf")


@pytest.fixture
def elsewhere(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are kept in an object store."""
    config = app.extensions["crm.config"]
    monkeypatch.setitem(app.extensions, "crm.config", replace(config, files="memory://crm/files"))


@pytest.mark.usefixtures("elsewhere")
def test_an_object_store_serves_as_well(acting: Acting) -> None:
    with acting("claire") as session:
        key = linked(text("one")).file.key
        session.commit()
        with storage.read(key) as content:
            assert content.read() == b"one"
        assert key in dict(storage.every())
        storage.remove(key)
        storage.remove(key)
        assert not is_kept(key)
