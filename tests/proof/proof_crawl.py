"""Every kind of page in a real browser: nothing wrong by axe, console, layout, title or links.

As Alice, who administers, Claire, who sells, and Nadia, who assists. A short run shares the pages
among the three and the settings; LONG=1 shows every page to each of them in all settings.
"""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.axe import choose
from tests.browser.conftest import Sit, desks, serving
from tests.fixtures import World, new_client, signed_in
from tests.proof.conftest import LONG, say
from tests.proof.demo import demo_folder, demo_world, fullest
from tests.proof.kinds import kinds
from tests.proof.settings import PAIRWISE
from tests.proof.visiting import Visitor

__all__ = ["demo_folder", "demo_world"]
PEOPLE = ("alice", "claire", "nadia")
EACH_THEIR_OWN = ("/",)  # a page that says something else to each of them


@pytest.fixture(scope="session")
def place(chromium: Browser, demo_world: World) -> Iterator[Sit]:
    """Desks in front of the demo."""
    with serving(demo_world.app) as address, desks(chromium, demo_world, address) as sit:
        yield sit


@pytest.fixture(scope="session")
def pages(demo_world: World) -> list[str]:
    return kinds(demo_world, {"claire": fullest(demo_world, "claire")})


@pytest.fixture(scope="session")
def asked() -> dict[str, set[str]]:
    """The links that each person has followed."""
    return {person: set() for person in PEOPLE}


@pytest.mark.slow("opens every kind of page")
@pytest.mark.parametrize("number", range(len(PAIRWISE)))
def test_nothing_is_wrong_with_any_page(
    number: int,
    place: Sit,
    demo_world: World,
    pages: list[str],
    asked: dict[str, set[str]],
    axe: str,
) -> None:
    setting = PAIRWISE[number]
    choose(demo_world, setting.language, setting.theme)
    parts: set[str] = set()
    visitors = [
        Visitor(
            place(person, viewport=setting.window),
            signed_in(demo_world.app, demo_world.cast.people[person]),
            setting,
            axe,
            asked=asked[person],
            opened=set() if LONG else parts,
        )
        for person in PEOPLE
    ]
    nobody = place(viewport=setting.window, locale=setting.language, color_scheme=setting.theme)
    stranger = Visitor(nobody, new_client(demo_world.app), setting, axe)
    assert stranger.visit("/login/")
    for index, path in enumerate(pages):
        if LONG or (path in EACH_THEIR_OWN and number == 0):
            opened = sum(one.visit(path) for one in visitors) > 0
        elif index % len(PAIRWISE) == number:
            first = index // len(PAIRWISE) % len(PEOPLE)
            opened = any(one.visit(path) for one in [*visitors[first:], *visitors[:first]])
        else:
            continue
        if not opened:
            stranger.wrong[path] = ["nobody may open it"]
    for one in (*visitors, stranger):
        one.desk.context.close()
    say(f"crawl: {sum(one.looks for one in visitors)} looks at pages and their parts, {setting}")
    wrong = {
        f"{person} {path}": found
        for person, one in zip((*PEOPLE, "nobody"), (*visitors, stranger), strict=True)
        for path, found in one.wrong.items()
    }
    assert not wrong, json.dumps(wrong, indent=1, ensure_ascii=False)
