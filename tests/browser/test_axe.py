"""The kinds of page that are seen most, in a real browser: axe, both themes, wide and narrow.

All pages: `make proof`, tests/proof/proof_crawl.py.
"""

import pytest

from tests.browser.axe import CONTRAST, LEVELS, choose, looked_at, place
from tests.browser.conftest import NARROW, Sit
from tests.fixtures import World
from tests.house.conftest import planted_world, rows
from tests.population import Planted

__all__ = ["place", "planted_world", "rows"]


@pytest.fixture(scope="session")
def kinds(planted_world: World, rows: dict[str, Planted]) -> list[str]:
    """A list, a record, a form with lines, settings, and the page of an error."""
    ids = rows["claire"].ids
    return [
        "/leads/list/",
        f"/opportunities/show/{ids['opportunity']}",
        f"/quotes/edit/{ids['quote']}",
        "/settings/crm",
        "/nowhere",
    ]


def test_axe_finds_nothing_in_french_by_day(
    place: Sit, planted_world: World, kinds: list[str], axe: str
) -> None:
    choose(planted_world, "fr", "light")
    assert looked_at(place("alice"), kinds, axe, LEVELS) == {}
    assert looked_at(place(), ["/login/"], axe, LEVELS) == {}


def test_axe_finds_no_lack_of_contrast_in_english_by_night(
    place: Sit, planted_world: World, kinds: list[str], axe: str
) -> None:
    choose(planted_world, "en", "dark")
    assert looked_at(place("alice"), kinds, axe, CONTRAST) == {}
    assert looked_at(place(), ["/login/"], axe, LEVELS) == {}


def test_axe_finds_nothing_on_a_small_screen(
    place: Sit, planted_world: World, kinds: list[str], axe: str
) -> None:
    choose(planted_world, "fr", "dark")
    assert looked_at(place("alice", viewport=NARROW), ["/", *kinds[:2]], axe, LEVELS) == {}
