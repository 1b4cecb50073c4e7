"""The page of an invitation: keys alone, a phone, both languages, no script."""

from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import select

from crm.calendar.models import Event, Invitation
from crm.core.db import db
from tests.browser.axe import LEVELS, look
from tests.browser.conftest import NARROW, Sit
from tests.calendar.test_answers import answers_of, event, tell
from tests.fixtures import Acting

__all__ = ["event", "tell"]


def opened(sit: Sit, app: Flask, **options: Any) -> Any:
    """A desk before the page of Sophie's invitation."""
    with app.app_context():
        mine = Invitation.key == "sophie@example.com"
        url = str(db.session.scalar(select(Invitation.url).where(mine)))
    desk = sit(**{"locale": "fr-FR", **options})
    desk.open("/p/" + url.rpartition("/p/")[2])
    return desk


def test_by_keys_alone(sit: Sit, app: Flask, acting: Acting, event: Event) -> None:
    desk = opened(sit, app)
    page = desk.page
    page.locator("input[value=yes]").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.type("Plutôt jeudi")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Envoyer ma réponse")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Votre réponse nous est parvenue")).to_be_visible()
    expect(page.locator("input[value=maybe]")).to_be_checked()
    assert answers_of(acting, event)[0] == ("maybe", "Plutôt jeudi")
    page.reload()
    expect(page.locator("#comment")).to_have_value("Plutôt jeudi")
    page.get_by_role("link", name="English").press("Enter")
    expect(page.get_by_role("button", name="Send my answer")).to_be_visible()
    desk.check()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_without_script(
    sit: Sit, app: Flask, acting: Acting, event: Event, axe: str, theme: str
) -> None:
    desk = opened(sit, app, viewport=NARROW, color_scheme=theme)
    assert look(desk, axe, LEVELS) == []
    page = desk.page
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    bare = opened(sit, app, viewport=NARROW, java_script_enabled=False).page
    bare.locator("label", has_text="Oui").click()
    bare.get_by_role("button", name="Envoyer ma réponse").click()
    expect(bare.get_by_text("Votre réponse nous est parvenue")).to_be_visible()
    assert answers_of(acting, event)[0][0] == "yes"
