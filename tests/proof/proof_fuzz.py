"""Hostile requests to every address of the matrix, in two people's names, on both databases.

Forty of each with LONG=1: in path, query, form, files and JSON, with every value of every kind.
"""

import random

import pytest

from tests.fixtures import World
from tests.hostile import ask_hostile, prepared
from tests.house.addresses import addresses
from tests.house.conftest import OWNERS
from tests.population import Planted
from tests.proof.conftest import LONG, say

ROUNDS = 40


PAIRS = [(kind, person) for kind in ("sqlite", "postgres") for person in ("alice", "claire")]


@pytest.mark.parametrize(
    ("everybodys", "person"),
    PAIRS if LONG else [("sqlite", "claire"), ("postgres", "alice")],
    indirect=["everybodys"],
)
def test_no_address_breaks_whatever_is_sent(
    person: str, everybodys: tuple[World, dict[str, Planted]], seed: str, long: bool
) -> None:
    world, planted = everybodys
    kind = "sqlite" if world.app.extensions["crm.config"].is_sqlite else "postgres"
    chance = random.Random(seed)  # noqa: S311  not a secret
    broken: dict[str, str] = {}
    asked = 0
    for address in list(addresses(world.app, planted, world.cast)):
        if address.row in OWNERS and address.row != "claire":
            continue
        even, odd = chance.randrange(0, ROUNDS, 2), chance.randrange(1, ROUNDS, 2)
        numbers = range(ROUNDS) if long else (even, odd)
        asked += len(numbers)
        for text in ask_hostile(world, person, prepared(world, person, address, seed), numbers):
            broken.setdefault(text.partition("\n")[0], text)
    say(f"fuzz, {kind}, {person}: {asked:,} hostile requests, {len(broken)} places broke")
    assert not broken, "\n".join(broken.values())
