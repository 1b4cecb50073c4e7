"""What the databases know of their rows, by which they choose how to find them."""

import pytest
from flask import Flask
from sqlalchemy import text

from crm.core.db import db
from crm.core.transfer import run
from crm.purging import purge
from tests.imports.conftest import Load, load

__all__ = ["load"]
pytestmark = pytest.mark.both

FORGET = {
    "sqlite": "ANALYZE; DELETE FROM sqlite_stat1",
    "postgresql": "DELETE FROM pg_statistic WHERE starelid = 'account'::regclass",
}
KNOWN = {
    "sqlite": "SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'account'",
    "postgresql": "SELECT count(*) FROM pg_statistic WHERE starelid = 'account'::regclass",
}
ACCOUNTS = 'key = "external_ref"\n[columns]\nname = ["external_ref", "name"]'


def forget(app: Flask) -> None:
    with app.app_context(), db.engine.begin() as connection:
        for statement in FORGET[db.engine.dialect.name].split(";"):
            connection.execute(text(statement))


def known(app: Flask) -> int:
    with app.app_context(), db.engine.connect() as connection:
        return int(connection.execute(text(KNOWN[db.engine.dialect.name])).scalar_one())


def test_a_large_import_and_the_daily_purge_renew_them(
    load: Load, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "MANY", 2)
    forget(app)
    load("accounts", "name\nDupont\nDurand\n", ACCOUNTS)
    assert known(app) > 0
    forget(app)
    with app.app_context():
        purge()
    assert known(app) > 0
