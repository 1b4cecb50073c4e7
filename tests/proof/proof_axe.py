"""Every kind of page in a real browser: axe, both themes, both languages, wide and narrow."""

import pytest

from crm.core.models import Reference
from crm.leads.models import LeadStatus
from tests.browser.axe import CONTRAST, LEVELS, choose, looked_at, place
from tests.browser.conftest import NARROW, Sit
from tests.fixtures import World
from tests.house.addresses import Address, addresses, model_of
from tests.population import Planted
from tests.proof.conftest import say

__all__ = ["place"]
PARTS = 2  # of the pages, so that two processes share them


@pytest.fixture(scope="session")
def kinds(planted_world: World, rows: dict[str, Planted]) -> list[str]:
    """The address of every page that Alice may open."""
    found = [
        one.path
        for one in addresses(planted_world.app, rows, planted_world.cast)
        if one.row in ("-", "claire") and is_page(one) and not is_like_another(one)
    ]
    assert len(found) > 10
    return [*found, "/nowhere"]


def is_page(address: Address) -> bool:
    """Whether an address answers with a page, and not with a part, a file or another address."""
    parts = (
        "/pick/",
        "/field/",
        "/menu/",
        "/neighbors/",
        "/export",
        "/totals",
        "/counts",
        "/health",
        "/_openapi",
        "/login",
        "/preview",
        "/file/",
        "/cover/",
    )
    return address.method == "GET" and not address.is_api and not any(
        part in address.rule for part in parts
    )  # fmt: skip


def is_like_another(address: Address) -> bool:
    """Whether it is a page of a vocabulary: they are all of one class, and one of them suffices."""
    model = model_of(address.view)
    return model is not None and issubclass(model, Reference) and model is not LeadStatus


@pytest.mark.parametrize("part", range(PARTS))
def test_axe_finds_nothing_in_french_by_day(
    part: int, place: Sit, planted_world: World, kinds: list[str], axe: str
) -> None:
    choose(planted_world, "fr", "light")
    pages = kinds[part::PARTS]
    assert looked_at(place("alice"), pages, axe, LEVELS) == {}
    say(f"axe: {len(pages)} pages in French by day")


@pytest.mark.parametrize("part", range(PARTS))
def test_axe_finds_no_lack_of_contrast_in_english_by_night(
    part: int, place: Sit, planted_world: World, kinds: list[str], axe: str
) -> None:
    choose(planted_world, "en", "dark")
    assert looked_at(place("alice"), kinds[part::PARTS], axe, CONTRAST) == {}


def test_a_small_screen_has_axe_s_blessing_too(
    place: Sit, planted_world: World, kinds: list[str], axe: str
) -> None:
    choose(planted_world, "fr", "dark")
    ours = [one for one in kinds if "lead" in one or "opportunit" in one or one == "/"]
    assert looked_at(place("alice", viewport=NARROW), ours, axe, LEVELS) == {}
