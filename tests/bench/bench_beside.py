"""A list of a million opportunities while somebody loads a board: its p95, alone and beside.

The server is `crm serve` as it comes. A board is loaded as its page does it: the page, then its
charts two at a time, and again. ROWS, BENCH_POSTGRES=0 as in bench_reports, TURNS of LISTS lists.
"""

import os
import re
import threading
import time
from collections import deque
from html import unescape

import pytest
from flask import Flask

from tests.bench.bench_list import say
from tests.fixtures import read_cast
from tests.proof.served import Caller, Served, serving
from tests.proof.visitors import Measured, Work

TURNS, LISTS = int(os.environ.get("TURNS", "3")), int(os.environ.get("LISTS", "100"))
AT_ONCE = 2  # as crm/assets/reporting/later.js
WARM = 8  # pages of each kind before it is measured: every process has met them
FACTOR = 3
LATER = re.compile(r'data-later="([^"]+)"')
LIST = "/opportunities/list/"
BOARDS = ("opportunities", "forecast")


@pytest.mark.slow("a million rows")
@pytest.mark.parametrize("person", ["alice", "claire"])
def test_a_list_beside_a_board(sales: Flask, person: str) -> None:
    user = read_cast(sales).people[person]
    with serving(sales) as server:
        for board in BOARDS:
            _measure(server, user, f"{person}, {board}", f"/reporting/boards/{board}")


def _measure(server: Served, user: int, name: str, board: str) -> None:
    reader = Caller(server, user)
    path = f"{board}?period=this_year"
    alone, beside, charts = Measured(), Measured(), Measured()
    for _ in range(WARM):
        _load_board(server, user, path, Measured())
        _read(reader, Measured(), 10)
    seconds = 0.0
    for _turn in range(TURNS):
        _read(reader, alone, LISTS)
        stop = threading.Event()
        other = threading.Thread(target=_boards(server, user, path, charts), args=(stop,))
        other.start()
        begin = time.monotonic()
        _read(reader, beside, LISTS)
        seconds += time.monotonic() - begin
        stop.set()
        other.join()
    reader.hang_up()
    for measured in (alone, beside, charts):
        assert measured.wrong == []
    ratio = beside.p95 / alone.p95
    say(
        f"  {name:24} list p95 {alone.p95 * 1000:6.0f} ms alone, {beside.p95 * 1000:6.0f} ms beside"
        f" {len(charts.taken)} charts in {seconds:.0f} s: {ratio:.2f} (at most {FACTOR})"
    )


def _read(caller: Caller, measured: Measured, times: int) -> None:
    for _ in range(times):
        measured.note(LIST, time.monotonic(), lambda: caller.ask("GET", LIST), 200)


def _boards(server: Served, user: int, path: str, charts: Measured) -> Work:
    """Load a board, and again."""

    def work(stop: threading.Event) -> None:
        while not stop.is_set():
            _load_board(server, user, path, charts, stop)

    return work


def _load_board(
    server: Served, user: int, path: str, charts: Measured, stop: threading.Event | None = None
) -> None:
    caller = Caller(server, user)
    status, page = caller.ask("GET", path)
    caller.hang_up()
    assert status == 200, page[:300]
    waiting = deque(unescape(url) for url in LATER.findall(page.decode()))
    assert waiting

    def fetch() -> None:
        mine = Caller(server, user)
        while waiting and not (stop is not None and stop.is_set()):
            url = waiting.popleft()
            ask = lambda url=url: mine.ask("GET", url, HX_Request="true")  # noqa: E731
            charts.note(url, time.monotonic(), ask, 200)
        mine.hang_up()

    threads = [threading.Thread(target=fetch) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
