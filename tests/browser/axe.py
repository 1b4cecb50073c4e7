"""Every kind of page in a real browser: axe, both themes, both languages, wide and narrow."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser
from sqlalchemy import update

from crm.companies.models import User
from crm.core.db import db
from crm.core.models import Reference
from crm.leads.models import LeadStatus
from tests.browser.conftest import NARROW, Desk, Sit, desks, serving
from tests.fixtures import World
from tests.house.addresses import Address, addresses, model_of
from tests.house.conftest import planted_world, rows
from tests.population import Planted

__all__ = ["planted_world", "rows"]
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CONTRAST = {"type": "rule", "values": ["color-contrast"]}  # all that a theme can break
# Only what is wrong: to describe and send each node that passed takes three times as long.
VIOLATIONS = """(rules) => axe.run(document, {runOnly: rules, resultTypes: ["violations"]})
  .then((results) => results.violations)"""
# What stands beyond the right edge, by its deepest element.
BEYOND = """() => {
  const edge = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= edge) return [];
  const out = [...document.querySelectorAll("body *")].filter(
    (e) => e.getBoundingClientRect().right > edge + 1 && e.getBoundingClientRect().width > 0);
  return out.slice(0, 5).map((e) => `${e.tagName}.${e.className}`);
}"""


@pytest.fixture(scope="session")
def place(chromium: Browser, planted_world: World) -> Iterator[Sit]:
    """Desks in front of the planted world."""
    planted_world.start()
    with serving(planted_world.app) as address, desks(chromium, planted_world, address) as sit:
        yield sit


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
        "/export",
        "/totals",
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


def choose(world: World, language: str, theme: str) -> None:
    """What everybody has set."""
    with world.app.app_context(), db.engine.begin() as connection:
        connection.execute(update(User.__table__).values(language=language, theme=theme))


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


def test_a_small_screen_has_axe_s_blessing_too(
    place: Sit, planted_world: World, kinds: list[str], axe: str
) -> None:
    choose(planted_world, "fr", "dark")
    ours = [one for one in kinds if "lead" in one or "opportunit" in one or one == "/"]
    assert looked_at(place("alice", viewport=NARROW), ours, axe, LEVELS) == {}


def looked_at(desk: Desk, paths: list[str], axe: str, rules: Any) -> dict[str, list[str]]:
    """page → what is wrong with it, in its window and in that of a phone."""
    wrong = {}
    for path in paths:
        desk.open(path)
        found = look(desk, axe, rules)
        width = desk.page.viewport_size
        desk.page.set_viewport_size(NARROW)
        found += [f"too wide: {text}" for text in desk.page.evaluate(BEYOND)]
        desk.page.set_viewport_size(width or NARROW)
        if found:
            wrong[path] = found
    return wrong


def look(desk: Desk, axe: str, rules: Any) -> list[str]:
    """What axe, the console, the policy and the width of the window have against a page."""
    desk.page.evaluate(axe)
    violations = desk.page.evaluate(VIOLATIONS, rules)
    found = [
        f"{one['id']}: {node['html'][:160]} ({node['failureSummary'].splitlines()[-1].strip()})"
        for one in violations
        for node in one["nodes"][:3]
    ]
    found += [f"refused: {text}" for text in desk.page.evaluate("window.refused")]
    found += [f"console: {text}" for text in desk.complaints]
    desk.complaints.clear()
    return found + [f"too wide: {text}" for text in desk.page.evaluate(BEYOND)]
