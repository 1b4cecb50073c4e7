"""The budget of an import: checked and journaled, against a bare bulk insert of the same rows.

LINES in the environment is the size of the file; memory is compared with one of ten times that.
"""

import os
import resource
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select

from crm.core.db import db, transaction
from crm.core.rows import unfiltered
from crm.opportunities.models import Opportunity
from tests.bench.bench_list import say
from tests.imports.conftest import Load

pytestmark = pytest.mark.both

LINES = int(os.environ.get("LINES", "8800"))
ACCOUNTS = 'key = "external_ref"\n[columns]\nname = ["external_ref", "name"]'
OPPORTUNITIES = """
key = "external_ref"
[columns]
ref = ["external_ref", "name"]
account = { field = "account", by = "external_ref" }
owner = { field = "owner", by = "username" }
stage = "stage"
amount = "amount"
closed = { field = "closed_on", format = "%d-%m-%y" }
[defaults]
lost_reason = { value = "Other", when = { stage = "Lost" } }
lost_comment = { value = "imported", when = { stage = "Lost" } }
"""
HEAD = "ref,account,owner,stage,amount,closed\n"


def lines(prefix: str, number: int) -> str:
    """A file as a sales department has them: half of it won, a quarter lost."""
    stages = ("Won,{},01-02-17", "New,,", "Won,{},31-01-17", "Lost,0,15-03-17")
    return HEAD + "".join(
        f"{prefix}{n},Account {n % 85},{('claire', 'hugo', 'marc')[n % 3]},"
        f"{stages[n % 4].format(n % 5000)}\n"
        for n in range(number)
    )


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def peak() -> int:
    """The most memory that this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def test_an_import_against_a_bulk_insert(load: Load, app: Flask, database: str) -> None:
    load("accounts", "name\n" + "".join(f"Account {n}\n" for n in range(85)), ACCOUNTS)
    imported, bare = zip(*(_both(load, app, f"{n}-") for n in range(3)), strict=True)
    say(
        f"{database}: {LINES} opportunities imported in {min(imported):.2f} s, "
        f"inserted in {min(bare):.2f} s: {min(imported) / min(bare):.1f} × (12)"
    )


def _both(load: Load, app: Flask, prefix: str) -> tuple[float, float]:
    """Seconds for an import, and for the same rows in one bare INSERT."""
    imported = seconds(lambda: load("opportunities", lines(prefix, LINES), OPPORTUNITIES))
    table = Opportunity.__table__
    with app.app_context(), unfiltered("the same rows, bare"):
        found = db.session.execute(select(table))
        rows = [{k: v for k, v in row._mapping.items() if k != "id"} for row in found]

        def empty() -> None:
            with transaction() as session:
                session.execute(delete(table))

        def work() -> None:
            with transaction() as session:
                session.execute(insert(table), rows)

        empty()
        bare = seconds(work)
        empty()
        return imported, bare


def test_memory_is_flat(load: Load, database: str, tmp_path: Path) -> None:
    load("accounts", "name\n" + "".join(f"Account {n}\n" for n in range(85)), ACCOUNTS)
    small, big = tmp_path / "small.csv", tmp_path / "big.csv"
    small.write_text(lines("a", LINES))
    big.write_text(lines("b", LINES * 10))
    load("opportunities", small, OPPORTUNITIES)
    before = peak()
    load("opportunities", big, OPPORTUNITIES)
    say(f"{database}: {before} MB at {LINES} lines, {peak()} MB at {LINES * 10}")
