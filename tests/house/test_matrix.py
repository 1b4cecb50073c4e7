"""Who may reach what, as permissions.TABLE and matrix.csv say: address × method × row × person.

`make baselines` adds the lines of matrix.csv that are missing; a change of it is read in the
review. That no row of another company is reached holds whatever the file says.
"""

import os
from pathlib import Path

import pytest

from tests.fixtures import PEOPLE, World
from tests.house.addresses import Address
from tests.house.asking import ANYBODY, Crawl, ask
from tests.house.conftest import rewriting
from tests.house.expected import (
    asked_of,
    cell_of,
    idle_lines,
    missing_lines,
    read_lines,
    status_of,
    write_lines,
)
from tests.house.rights import right_of
from tests.servers import FOLDER, locked

ASKING = (ANYBODY, *(name for name in PEOPLE if name != "hugo"))  # who has Claire's rights


@pytest.mark.slow("asks up to 870 addresses")
@pytest.mark.parametrize("person", ASKING)
def test_everybody_reaches_what_the_table_and_the_matrix_say(
    person: str,
    planted_world: World,
    everywhere: list[Address],
    request: pytest.FixtureRequest,
) -> None:
    if person == "olga":
        crawl: Crawl = request.getfixturevalue("crawl")  # which costs as much as the test
        found = {one: str(said.status) for one, said in crawl.items()}
    else:
        earlier = [one for one in ASKING[1 : ASKING.index(person)] if PEOPLE[person][2]]
        asked = asked_of(person, everywhere, earlier)
        found = {one: status_to(planted_world, person, one) for one in asked}
    assert not [one.path for one, status in found.items() if status.startswith("5")]
    if rewriting():
        with locked(Path(os.environ[FOLDER]) / "matrix.lock"):
            lines = read_lines()
            idle = set(idle_lines(found, person, lines))
            kept = [line for line in lines if line not in idle]
            write_lines([*kept, *missing_lines(found, person, kept)])
        return
    lines = read_lines()
    advice = "on purpose? then `make baselines`, and read the difference"
    assert not list(missing_lines(found, person, lines)), advice
    assert not list(idle_lines(found, person, lines)), "as the table says, or no longer an address"


def status_to(world: World, person: str, address: Address) -> str:
    """What `person` is answered; where the table refuses it without the page that says so."""
    brief = person != ANYBODY and status_of(person, address) in ("403", "404")
    return str(ask(world, person, address, brief).status_code)


def test_an_address_that_no_cell_opens_stands_in_the_matrix(everywhere: list[Address]) -> None:
    lines = read_lines()
    closed = [one for one in everywhere if cell_of(one) is None]
    assert [one.rule for one in closed if not any(line.is_of(one) for line in lines)] == []
    assert len(closed) < 160, "the others are opened by the grid of rights"


def test_an_address_needs_the_right_that_its_method_is_named_for(everywhere: list[Address]) -> None:
    found = {one: cell for one in everywhere if (cell := cell_of(one)) is not None}
    assert {one.rule: cell for one, cell in found.items() if cell != right_of(one)} == {}
