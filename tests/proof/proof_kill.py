"""A server that is killed in the middle of saves: what was acknowledged is there, and is whole."""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from crm.core.db import db
from crm.core.journal import Journal
from crm.core.rows import unfiltered
from crm.core.search import indexes
from crm.quotes.models import Quote
from tests.fixtures import World
from tests.population import Planted
from tests.proof.conftest import say
from tests.proof.served import LOST, Caller, Served, serving

pytestmark = pytest.mark.alone

KILLS, MANY_KILLS = 20, 200
WRITERS = 3
EVERYTHING = 8  # one kill in so many takes the whole group of processes


@dataclass
class Writer:
    """Saves one quote again and again, each time under a new title and with new lines."""

    caller: Caller
    quote: int
    number: int
    version: int = 1
    tried: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def work(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self.save(f"writer {self.number} save {len(self.tried)}")

    def save(self, title: str) -> None:
        self.tried.append(title)
        body = {"row_version": self.version, "title": title, "lines": list(lines_of(title))}
        try:
            status, told = self.caller.api("PUT", f"quotes/{self.quote}", body)
        except (*LOST, ValueError):  # killed: before the commit, or after it
            self.read_version()
            return
        if status == 200:
            self.acknowledged.append(title)
            self.version = told["result"]["row_version"]
        elif status == 409:
            self.version = told["row_version"]
        else:
            self.refused.append(f"{status} {told}")

    def read_version(self) -> None:
        """What stands there now, as soon as somebody answers again."""
        for _ in range(600):
            with suppress(*LOST, ValueError):
                status, told = self.caller.api("GET", f"quotes/{self.quote}")
                if status == 200:
                    self.version = told["result"]["row_version"]
                    return
            time.sleep(0.1)
        self.refused.append("nobody answers any more")


def lines_of(title: str) -> Iterator[dict[str, Any]]:
    """The lines that belong to a title: how many, and what they come to, follows from it."""
    for number in range(1 + int(title.rpartition(" ")[2]) % 7):
        yield {
            "label": f"{title} line {number}",
            "quantity": "2",
            "unit_price": str(number + 1),
        }


def test_a_killed_server_loses_and_halves_nothing(
    everybodys: tuple[World, dict[str, Planted]], seed: str, long: bool
) -> None:
    world, planted = everybodys
    chance = random.Random(seed)  # noqa: S311  not a secret
    with serving(world.app) as server:
        writers = [make_writer(server, world, planted, number) for number in range(WRITERS)]
        stop = threading.Event()
        threads = [threading.Thread(target=one.work, args=(stop,)) for one in writers]
        for thread in threads:
            thread.start()
        kills = MANY_KILLS if long else KILLS
        for _ in range(kills):
            in_the_middle(writers, chance)
            kill(server, chance)
        time.sleep(1)
        stop.set()
        for thread in threads:
            thread.join(90)
        for one in writers:
            one.caller.hang_up()
    world.written.add("")  # by another process
    saved = count(writers)
    lost = sum(len(one.tried) for one in writers) - saved
    kind = world.app.extensions["crm.config"].database_url.partition(":")[0]
    say(f"kill, {kind}: {kills} kills, {saved} saves acknowledged, {lost} not")
    assert not [text for one in writers for text in one.refused]
    assert saved >= kills
    with world.app.app_context(), unfiltered("a proof reads what was saved"):
        for one in writers:
            check(one)
        db.session.remove()
        db.engine.dispose()


def make_writer(server: Served, world: World, planted: dict[str, Planted], number: int) -> Writer:
    caller = Caller(server, world.cast.people["alice"])
    title = f"writer {number} save 0"
    body = {
        "title": title,
        "company": planted["claire"].company,
        "account": planted["claire"].ids["account"],
        "lines": list(lines_of(title)),
    }
    status, told = caller.api("POST", "quotes/", body)
    assert status == 201, told
    found = Writer(caller, told["id"], number, told["result"]["row_version"])
    found.tried.append(title)
    found.acknowledged.append(title)
    return found


def in_the_middle(writers: list[Writer], chance: random.Random) -> None:
    """Wait for a few more saves, and then for a part of the next ones."""
    begin, saved = time.monotonic(), count(writers)
    wanted = saved + chance.randint(1, 5)
    while count(writers) < wanted and time.monotonic() < begin + 60:
        time.sleep(0.005)
    each = (time.monotonic() - begin) / max(count(writers) - saved, 1) * WRITERS
    time.sleep(chance.uniform(0, min(each, 1)))


def count(writers: list[Writer]) -> int:
    return sum(len(one.acknowledged) for one in writers)


def kill(server: Served, chance: random.Random) -> None:
    """A process that answers, or now and then all of them."""
    workers = server.workers()
    if not workers or chance.randrange(EVERYTHING) == 0:
        server.kill()
        server.start()
        return
    with suppress(ProcessLookupError):
        os.kill(chance.choice(workers), signal.SIGKILL)
    server.wait()


def check(one: Writer) -> None:
    """The quote is as its title says, for a search too; the journal tells each save once."""
    quote = db.session.get_one(Quote, one.quote)
    wanted = [(line["label"], Decimal(line["unit_price"])) for line in lines_of(quote.title or "")]
    assert [(line.label, line.unit_price) for line in quote.lines] == wanted
    assert quote.total_excl == sum(2 * price for _, price in wanted)
    assert quote.search_text == quote.search_words
    indexes.check(db.session.connection(), "quote")
    entries = db.session.scalars(
        select(Journal)
        .where(Journal.kind == "quote", Journal.row_id == one.quote)
        .order_by(Journal.id)
    )
    told = [entry.changes["title"][1] for entry in entries if "title" in entry.changes]
    assert told[-1] == quote.title
    assert len(told) == len(set(told))
    assert set(one.acknowledged) <= set(told) <= set(one.tried), "saved, told and tried differ"
    assert told == sorted(told, key=one.tried.index)
