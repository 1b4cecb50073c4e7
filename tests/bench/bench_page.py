"""One list page: against the same written by hand, and against stock Flask-AppBuilder.

Processor time, not the clock: whatever else the machine does matters little, and the two sides
take turns. TIMES is how often each is asked, SECONDS how long eight clients ask each server.
"""

import cProfile
import gc
import gzip
import http.client
import os
import pstats
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import brotli
import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Role, User
from flask_login import login_user
from sqlalchemy import select
from werkzeug.test import Client as Browser

from crm.assets import asset
from crm.core.db import db
from tests.bench import floor
from tests.bench.bench_list import browser, crowd, say
from tests.bench.stock import make_stock
from tests.fixtures import SECRET
from tests.proof.served import free_port

TIMES, SECONDS = int(os.environ.get("TIMES", "60")), float(os.environ.get("SECONDS", "6"))
CLIENTS, ROWS, PATH = 8, 10_000, "/leads/list/"
TOP = 10


@pytest.fixture(scope="module")
def app(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Flask:
    request.param = "sqlite"
    return crowd(request, ROWS, sqlite_template, tmp_path_factory.mktemp("page"))


@dataclass(frozen=True)
class Stock:
    """The stock application and the cookie of an administrator of it."""

    app: Flask
    url: str
    cookie: str


@pytest.fixture(scope="module")
def stock(app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Stock:
    """On a copy of the database, where its first start writes its own rights."""
    path = tmp_path_factory.mktemp("stock") / "crm.sqlite"
    with app.app_context():
        source = str(db.engine.url.database)
        db.session.remove()
        db.engine.dispose()
    shutil.copyfile(source, path)
    url, name = f"sqlite:///{path}", app.config["SESSION_COOKIE_NAME"]
    made = make_stock(url, SECRET, name, prepare=True)
    with made.test_request_context():
        manager = made.extensions["appbuilder"].sm
        user = manager.find_user("alice")
        user.roles = [manager.session.scalars(select(Role).where(Role.name == "Admin")).one()]
        manager.session.commit()
        cookie = signed(made, user)
    return Stock(make_stock(url, SECRET, name), url, cookie)


def signed(app: Flask, user: User) -> str:
    """The cookie of a session in which FAB signed this user in."""
    from flask import session

    login_user(user)
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return str(serializer.dumps(dict(session)))


def taking_turns(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The median of the processor time of each, in milliseconds."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        for _ in range(5):
            work()
    gc.collect()
    gc.freeze()  # as the server does
    for _ in range(TIMES):
        for name, work in works.items():
            begin = time.process_time()
            work()
            taken[name].append((time.process_time() - begin) * 1000)
    gc.unfreeze()
    return {name: statistics.median(times) for name, times in taken.items()}


def visitor(app: Flask, cookie: str) -> Browser:
    client = Browser(app)
    client.set_cookie(app.config["SESSION_COOKIE_NAME"], cookie)
    return client


def fetch(client: Browser) -> Callable[[], object]:
    def once() -> int:
        answer = client.get(PATH)
        assert answer.status_code == 200, answer.status_code
        return len(answer.data)

    return once


def test_a_list_against_one_written_by_hand_and_against_stock(app: Flask, stock: Stock) -> None:
    ours = browser(app, "claire")
    page = ours.get(PATH).text
    name = app.config["SESSION_COOKIE_NAME"]
    with app.app_context():
        by_hand = floor.make(db.engine, page, asset("icons.svg"), SECRET, name)
    cookie = ours.get_cookie(name)
    assert cookie is not None
    clients = {
        "ours": ours,
        "by hand": visitor(by_hand, cookie.value),
        "stock": visitor(stock.app, stock.cookie),
    }
    size = {who: fetch(client)() for who, client in clients.items()}
    took = taking_turns({who: fetch(client) for who, client in clients.items()})
    say(f"\nlist of 25 leads: {took['ours']:.1f} ms of processor, {size['ours']:,} bytes")
    for who, most, aim in (("by hand", 1.5, 1.2), ("stock", 0.8, 0.6)):
        ratio = took["ours"] / took[who]
        against = f"against {took[who]:.1f} ms {who}, {size[who]:,} bytes: {ratio:.2f}"
        say(f"  {against} (at most {most}, aim {aim}): {judged(ratio <= most)}")
    packed, zipped = (
        len(brotli.compress(page.encode(), quality=4)),
        len(gzip.compress(page.encode())),
    )
    say(f"  its HTML: {packed:,} bytes in brotli, {zipped:,} in gzip (12,000)")
    tell_profile(fetch(ours))


def judged(is_kept: bool) -> str:
    """The verdict, in green or red."""
    return "\033[32mkept\033[0m" if is_kept else "\033[31mmissed\033[0m"


def tell_profile(work: Callable[[], object], times: int = 30) -> None:
    """The functions in which our page spends most."""
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(times):
        work()
    profile.disable()
    stats: Any = pstats.Stats(profile)
    found = sorted(stats.stats.items(), key=lambda item: -item[1][2])[:TOP]
    whole = sum(one[2] for one in stats.stats.values())
    say(f"  top {TOP} by own time, of {whole / times * 1000:.0f} ms under the profiler:")
    for (file, _line, function), (_calls, count, own, _all, _callers) in found:
        place = "/".join(Path(file).parts[-2:])
        say(f"    {own / whole:6.1%} {count / times:8.0f} calls  {place} {function}")


# The same behind a server ───────────────────────────────────────────────────────────────────────


@contextmanager
def running(kind: str, url: str, app: Flask) -> Iterator[tuple[int, int]]:
    """(port, process id) of a server with one of the two applications."""
    port, config = free_port(), app.extensions["crm.config"]
    name = app.config["SESSION_COOKIE_NAME"]
    said = [kind, url, str(config.instance), SECRET, name, str(port)]
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.served", *said])
    try:
        wait_for(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def processor_time(pid: int) -> float:
    """The seconds that a process has used."""
    said = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")


def wait_for(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(port)


def press(port: int, cookie: str, seconds: float) -> int:
    """How many pages CLIENTS get in so many seconds."""
    counts = [0] * CLIENTS
    until = time.monotonic() + seconds

    def ask(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        with closing(connection):
            while time.monotonic() < until:
                connection.request("GET", PATH, headers={"Cookie": cookie})
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200
                counts[number] += 1

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def test_pages_a_second_against_stock_on_the_same_server(app: Flask, stock: Stock) -> None:
    name = app.config["SESSION_COOKIE_NAME"]
    ours = browser(app, "claire").get_cookie(name)
    assert ours is not None
    cookies = {"ours": f"{name}={ours.value}", "stock": f"{name}={stock.cookie}"}
    with app.app_context():
        url = db.engine.url.render_as_string()
    pages, spent = dict.fromkeys(cookies, 0), dict.fromkeys(cookies, 0.0)
    with running("ours", url, app) as first, running("stock", stock.url, app) as second:
        servers = {"ours": first, "stock": second}
        for who, (port, _pid) in servers.items():
            press(port, cookies[who], 1)
        for _turn in range(3):
            for who, (port, pid) in servers.items():
                before = processor_time(pid)
                pages[who] += press(port, cookies[who], SECONDS / 3)
                spent[who] += processor_time(pid) - before
    cost = {who: spent[who] / pages[who] * 1000 for who in pages}
    say(f"\n{CLIENTS} clients, one process of waitress")
    for who in pages:
        say(f"  {who:6} {pages[who] / SECONDS:6.1f} pages/s, {cost[who]:6.1f} ms of processor each")
    spent_less, more = cost["ours"] / cost["stock"], pages["ours"] / pages["stock"]
    say(f"  {spent_less:.2f} of stock's processor (at most 0.8): {judged(spent_less <= 0.8)}")
    say(f"  {more:.2f} of stock's pages (at least 1.2): {judged(more >= 1.2)}")
