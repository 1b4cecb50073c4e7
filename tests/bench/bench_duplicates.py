"""A check of a million leads for duplicates: every twentieth has a double, one in a thousand has
the telephone of a switchboard that five hundred share. CRM_BENCH_LEADS takes fewer.
"""

import os
import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from random import Random
from time import monotonic, process_time
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Connection, insert, select

from crm import migrations
from crm.core.db import batches, db, renew_statistics, transaction
from crm.core.rows import unfiltered
from crm.duplicates.checking import check
from crm.duplicates.keeping import keep
from crm.duplicates.listing import Listing
from crm.duplicates.models import LEAD_KEYS
from crm.duplicates.sources import source_of
from crm.leads.models import Lead
from tests.bench.bench_list import PLACES, say
from tests.duplicates.pairs import FIRST, LAST, TRADES
from tests.factories import make
from tests.fixtures import fill, make_app, statements_of
from tests.house.test_plans import acting
from tests.population import without_indexes

LEADS = int(os.environ.get("CRM_BENCH_LEADS", "1000000"))
MINUTES = 10
WORDS = "ba bri cor dan del fer gal lan lor mar mon nor par pel rou sal tem val ver vil"
SYLLABLES = str.split(WORDS)
HOSTS = ("gmail.com", "orange.fr", "free.fr")


def leads(count: int) -> Iterator[dict[str, Any]]:
    """The values that are compared of so many leads."""
    random = Random(18)  # noqa: S311  the same leads each time
    switchboards = [f"+334{random.randrange(10**8):08}" for _ in range(max(1, count // 500_000))]
    for number in range(count):
        name = "".join(random.choices(SYLLABLES, k=random.randint(2, 4))).title()
        if random.random() < 0.4:
            name = f"{random.choice(TRADES)} {name}"
        first, last = random.choice(FIRST), random.choice(LAST) + random.choice(SYLLABLES)
        host = random.choice((*HOSTS, f"{name.lower().replace(' ', '')}.example"))
        one = {
            "organization": name if number % 3 else None,
            "first_name": first,
            "last_name": last,
            "email": f"{first}.{last}{random.randrange(10**5)}@{host}".lower(),
            "phone": f"+33{random.randint(1, 5)}{random.randrange(10**8):08}",
            "mobile": f"+336{random.randrange(10**8):08}" if number % 2 else None,
            "postal_code": f"{random.randrange(1000, 95000):05}",
        }
        if number % 1000 == 7:
            one["phone"] = random.choice(switchboards)
        yield one
        if number % 20 == 0:
            yield {**one, "last_name": last.upper(), "email": None if number % 40 else one["email"]}


@pytest.fixture(params=PLACES)
def filled(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Flask:
    folder = tmp_path_factory.mktemp("duplicates")
    if request.param == "sqlite":
        shutil.copyfile(sqlite_template, folder / "crm.sqlite")
        app = make_app(f"sqlite:///{folder / 'crm.sqlite'}", folder)
    else:
        app = make_app(request.getfixturevalue("postgres").create("duplicates"), folder)
        fill(app)
    with acting(app, "marc"), transaction():
        make(Lead)
    with app.app_context():
        with spent("leads"), db.engine.begin() as connection:
            _insert_leads(connection)
        keys = spent(f"keys of {LEADS:,} leads, as an upgrade writes them")
        with keys, db.engine.begin() as connection:
            _write_keys(connection)
        with db.engine.begin() as connection:
            renew_statistics(connection)
        db.session.remove()
    return app


def _insert_leads(connection: Connection) -> None:
    table = Lead.__table__
    like = connection.execute(select(table).limit(1)).mappings().one()
    same = {name: like[name] for name in like if name not in ("id", "deleted_at")}
    with without_indexes(connection, table):
        for number, part in enumerate(batches(islice(leads(LEADS), LEADS), 5_000)):
            given = [
                {**same, **one, "external_ref": f"B{number}-{at}"} for at, one in enumerate(part)
            ]
            connection.execute(insert(table), given)


def _write_keys(connection: Connection) -> None:
    """By the migration that made the table of keys."""
    made: Any = ScriptDirectory(str(Path(migrations.__file__).parent)).get_revision("0044").module
    LEAD_KEYS.drop(connection)
    with Operations.context(MigrationContext.configure(connection)):
        made.make_keys("lead", made.read_leads)


def test_a_check_of_a_million_leads(filled: Flask) -> None:
    with filled.app_context():
        source = source_of(Lead)
        with spent("check", MINUTES * 60):
            found = check(source)
        say(
            f"{found.compared:,} compared, {len(found.pairs):,} pairs, "
            f"{found.crowded} crowded values"
        )
        # Nearly every double, and little else.
        assert 0.95 * LEADS / 21 <= len(found.pairs) <= 1.1 * LEADS / 21
        with spent("check once more, in the place of the first"):
            check(source)
        with unfiltered("the bench"):
            listing = Listing(source, None)
            for first in (0, 10_000):
                with spent(f"list page from {first}"), statements_of(filled) as statements:
                    groups, count = listing.page(first, 25), listing.count()
                say(f"{count} groups")
                assert len(statements) <= 6
                assert len(groups) in (0, 25)
        ids = db.session.scalars(select(Lead.__table__.c.id).limit(5_000)).all()
        db.session.rollback()
        with spent("keys of 5,000 leads that change, 500 in a transaction"):
            for part in batches(ids, 500):
                with transaction() as session:
                    keep(session, source, part)


def peak() -> int:
    """The most memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@contextmanager
def spent(what: str, most: float = float("inf")) -> Iterator[None]:
    """Say how long it took, at the `most` so many seconds, and how long it was at work of that."""
    began, worked = monotonic(), process_time()
    yield
    took = monotonic() - began
    worked = process_time() - worked
    say(f"{what}: {took:.2f} s, {worked:.2f} s of them at work, {peak()} MB at the most so far")
    assert took < most
