"""The outbox with a million messages against one with ten thousand: its pages, and the worker.

Both have the same leads, accounts and catalogues; a fiftieth of the messages is Claire's.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import select

from crm.core.db import db
from crm.core.rows import unfiltered
from crm.mail import claiming, health
from crm.mail.models import Message
from tests.bench.bench_list import BIG, PLACES, SMALL, milliseconds, say
from tests.bench.bench_pages import MOST, TIMES, crowd, judged, measured, pages
from tests.fixtures import statements_of

LEADS = 10_000
# Filters as people combine them: name → (field, operator, values).
COMBINED: dict[str, list[tuple[str, int, list[str]]]] = {
    "a month": [("created_on", 2, ["2026-12-01", "2026-12-31"])],
    "failed in a month": [
        ("state", 0, ["failed"]),
        ("created_on", 2, ["2026-12-01", "2026-12-31"]),
    ],
    "a kind in a month": [("kind", 0, ["quote"]), ("created_on", 2, ["2026-12-01", "2026-12-31"])],
    "two statuses": [("state", 0, ["failed", "skipped"])],
    "a status and a kind": [("state", 0, ["failed"]), ("kind", 0, ["quote"])],
}


@pytest.fixture(scope="session", params=PLACES)
def outboxes(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[int, Flask]:
    """Two applications: with SMALL messages, and with BIG."""
    made = (request, sqlite_template, tmp_path_factory)
    return {count: crowd(f"outbox_{count}", *made, LEADS, message=count) for count in (SMALL, BIG)}


def asked(app: Flask, person: str) -> Iterator[tuple[str, str, float]]:
    """Name, address and budget of each page."""
    yield from pages(app, person, "/outbox")
    for name, filters in COMBINED.items():
        pairs = [(f"_flt_{op}_{field}", v) for field, op, values in filters for v in values]
        for place, more in (("", []), (", last page", [("last", "1")])):
            yield f"{name}{place}", f"/outbox/list/?{urlencode([*pairs, *more])}", MOST
    for name, model, tab in (
        ("e-mails of a lead", "lead", "outbox.lead"),
        ("sendings of a catalogue", "catalog", "catalogs-sendings.catalog"),
    ):
        pk = _crowded(app, person, model)
        page = f"/{model}s/show/{pk}"
        yield f"{name}: the record", page, MOST
        yield name, f"{page}?tab={tab}", MOST
        yield f"{name}, last page", f"{page}?tab={tab}&last=1", MOST


def _crowded(app: Flask, person: str, name: str) -> int:
    """A record with messages, which this person reads."""
    column = getattr(Message, f"{name}_id")
    table = db.metadata.tables[name]
    with app.app_context(), unfiltered("the bench"):
        found = select(table.c.id).where(
            table.c.deleted_at.is_(None), select(Message.id).where(column == table.c.id).exists()
        )
        if name == "lead":
            from tests.fixtures import read_cast

            found = found.where(table.c.owner_id == read_cast(app).claire)
        return int(db.session.scalars(found.order_by(table.c.id).limit(1)).one())


@pytest.mark.parametrize("person", ["alice", "claire"])
def test_the_outbox_is_as_fast_at_a_million_messages(
    person: str, outboxes: dict[int, Flask]
) -> None:
    small, big = outboxes[SMALL], outboxes[BIG]
    with big.app_context():
        kind = db.engine.dialect.name
    say(f"\n{kind}, {person}: {'':24}{SMALL:>9,} {BIG:>12,} statements  ratio")
    over = []
    for name, path, budget in asked(small, person):
        before, _ = measured(small, person, path)
        after, statements = measured(big, person, path)
        over += judged(name, before, after, statements, budget)
    assert over == []


def test_the_worker_is_as_fast_at_a_million_messages(outboxes: dict[int, Flask]) -> None:
    """A claim, as of each mail; a sweep that finds nothing; what /health asks."""
    say("")
    over = []
    works: dict[str, Callable[[], Any]] = {
        "a claim": claiming.claim, "the oldest due message": health.oldest_due,
    }  # fmt: skip
    for name, work in works.items():
        taken, number = {}, 0
        for count, app in outboxes.items():
            with (
                app.app_context(),
                unfiltered("the bench is the worker"),
                statements_of(app) as told,
            ):
                taken[count] = milliseconds(work, times=TIMES * 4)
                number = len(told) // (TIMES * 4 + 1)
                db.session.rollback()
        over += judged(name, taken[SMALL], taken[BIG], number, MOST)
    assert over == []
