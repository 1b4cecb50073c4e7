"""Violations of a page: axe, console errors, CSP, overflow."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser
from sqlalchemy import update

from crm.companies.models import User
from crm.core.db import db
from tests.browser.conftest import NARROW, Desk, Sit, desks, serving
from tests.fixtures import World

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CONTRAST = {"type": "rule", "values": ["color-contrast"]}  # all that a theme can break
# Only what is wrong: to describe and send each node that passed takes three times as long. Style
# sheets are not fetched a second time, and sounds not at all: no page has any.
# A target that the save bar covers in part is looked at again where it is scrolled to.
VIOLATIONS = """async ([rules, part]) => {
  const only = { resultTypes: ["violations"], preload: false };
  const { violations } = await axe.run(part || document, { ...only, runOnly: rules });
  for (const one of violations.filter(({ id }) => id === "target-size")) {
    const still = [];
    for (const node of one.nodes) {
      const target = document.querySelector(node.target[0]);
      target.scrollIntoView({ block: "center" });
      const again = await axe.run(target, { ...only, runOnly: ["target-size"] });
      if (again.violations.length) still.push(node);
    }
    one.nodes = still;
  }
  return violations;
}"""
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


def choose(world: World, language: str, theme: str) -> None:
    """What everybody has set."""
    with world.app.app_context(), db.engine.begin() as connection:
        connection.execute(update(User.__table__).values(language=language, theme=theme))


def looked_at(desk: Desk, paths: list[str], axe: str, rules: Any) -> dict[str, list[str]]:
    """page → its violations, in its window and in a phone's."""
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


def look(desk: Desk, axe: str, rules: Any, part: str = "") -> list[str]:
    """Violations of a page, or of a part of it: axe, console errors, CSP, overflow."""
    if not desk.page.evaluate("Boolean(window.axe)"):  # as it is for a part of the same page
        desk.page.evaluate(axe)
    violations = desk.page.evaluate(VIOLATIONS, [rules, part])
    found = [
        f"{one['id']}: {node['html'][:160]} ({node['failureSummary'].splitlines()[-1].strip()})"
        for one in violations
        for node in one["nodes"][:3]
    ]
    found += [f"refused: {text}" for text in desk.page.evaluate("window.refused")]
    found += [f"console: {text}" for text in desk.complaints]
    desk.complaints.clear()
    return found + [f"too wide: {text}" for text in desk.page.evaluate(BEYOND)]
