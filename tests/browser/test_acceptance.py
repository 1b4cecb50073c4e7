"""The page of a quote for its customer: keys alone, a phone, no script."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.axe import LEVELS, look
from tests.browser.conftest import NARROW, Sit
from tests.fixtures import Acting, Cast
from tests.quotes.test_acceptance import Sent


@pytest.fixture
def sent(acting: Acting, cast: Cast) -> Sent:
    return Sent(acting, cast)


def opened(sit: Sit, sent: Sent, **options: Any) -> Any:
    desk = sit(**{"locale": "fr-FR", **options})
    desk.open(sent.path)
    return desk


def test_a_quote_is_accepted_by_keys_alone(sit: Sit, sent: Sent) -> None:
    desk = opened(sit, sent)
    page = desk.page
    page.locator("#name").focus()
    page.keyboard.press("Tab")
    page.keyboard.type("Responsable des achats")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Accepter le devis")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("a accepté le devis")).to_be_visible()
    page.go_back()
    page.reload()
    expect(page.get_by_role("button", name="Accepter le devis")).to_have_count(0)
    desk.check()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("query", ["", "?refuse=1"])
def test_on_a_phone(sit: Sit, sent: Sent, axe: str, theme: str, query: str) -> None:
    sent.path += query
    desk = opened(sit, sent, viewport=NARROW, color_scheme=theme)
    assert look(desk, axe, LEVELS) == []
    page = desk.page
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_without_script_a_quote_is_refused(sit: Sit, sent: Sent) -> None:
    page = opened(sit, sent, viewport=NARROW, java_script_enabled=False).page
    page.get_by_role("link", name="Refuser ce devis").click()
    color = "getComputedStyle(document.querySelector('[name=reason]')).backgroundColor"
    assert page.evaluate(color) == "rgb(255, 255, 255)", "what is not chosen does not look so"
    page.locator("label", has_text="Calendrier").click()
    page.locator("#comment").fill("En septembre")
    page.get_by_role("button", name="Refuser le devis").click()
    expect(page.get_by_text("a refusé le devis")).to_be_visible()
