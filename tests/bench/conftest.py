"""Fixtures of the tests that the benchmarks use."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from crm.core.db import db
from tests.bench import past
from tests.bench.bench_list import PLACES
from tests.imports.conftest import load

__all__ = ["load", "sales"]


@pytest.fixture(scope="session", params=PLACES)
def sales(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """An application with ROWS opportunities and all that they have behind them."""
    app = past.make_sales(request, sqlite_template, tmp_path_factory.mktemp("sales"))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
