"""Whatever an address is asked, the answer is meant: never a 5xx."""

import pytest

from tests.fixtures import World
from tests.hostile import Requests, ask_hostile
from tests.house.addresses import METHODS, Address
from tests.house.conftest import OWNERS

SEED = "make test"


@pytest.fixture
def everywhere(everywhere: list[Address]) -> list[Address]:
    """Every address once: of those about somebody's row, Claire's."""
    return [one for one in everywhere if one.row not in OWNERS or one.row == "claire"]


@pytest.mark.slow("asks every address")
@pytest.mark.parametrize("method", METHODS)
def test_no_address_breaks_on_hostile_parameters(
    method: str, planted: World, everywhere: list[Address]
) -> None:
    asked = [Requests(one, SEED) for one in everywhere if one.method == method]
    broken = [text for one in asked for text in ask_hostile(planted, "alice", one, (0,))]
    assert not broken, "\n".join(broken)


def test_hostile_requests_go_to_every_address(everywhere: list[Address]) -> None:
    assert len({(one.rule, one.method) for one in everywhere}) > 400
