"""While a file is imported, everybody else saves as always."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

import pytest
from flask import Flask
from sqlalchemy import text

from crm.core.db import WAIT, db
from tests.imports.conftest import Load
from tests.imports.test_lines import ACCOUNTS, HEAD, OPPORTUNITIES

pytestmark = pytest.mark.both


@contextmanager
def saving(app: Flask) -> Iterator[list[float]]:
    """Somebody who saves all the time; the seconds that each save took."""
    waits: list[float] = []
    over = threading.Event()

    def save() -> None:
        with app.app_context():
            engine = db.engine
        while not over.is_set():
            began = monotonic()
            with engine.connect() as connection:
                if engine.dialect.name == "sqlite":
                    connection.exec_driver_sql("ROLLBACK")
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                connection.execute(text("UPDATE counter SET last = last + 1"))
                connection.commit()
            waits.append(monotonic() - began)
            sleep(0.02)

    thread = threading.Thread(target=save)
    thread.start()
    try:
        yield waits
    finally:
        over.set()
        thread.join()


def test_nobodys_save_waits_for_an_import(load: Load, app: Flask) -> None:
    load("accounts", "name,parent\nA,\n", ACCOUNTS)  # there is a counter
    file = HEAD + "".join(f"{n};A;New;{n};;\n" for n in range(800))
    with saving(app) as waits:
        assert "800 records created." in load("opportunities", file, OPPORTUNITIES)
    assert len(waits) > 5
    assert max(waits) < WAIT  # after which a save is refused
