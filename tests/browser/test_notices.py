"""The bell by keyboard: its window, a notice that is read by opening it, a count that grows."""

import re

from playwright.sync_api import expect

from crm.leads.models import Lead
from tests.browser.axe import LEVELS, look
from tests.browser.conftest import NARROW, Sit
from tests.factories import make, person
from tests.fixtures import Acting, Cast


def give(acting: Acting, cast: Cast, name: str) -> int:
    """A lead that Marc gives to Claire."""
    with acting("marc"):
        return int(make(Lead, organization=name, owner=person(cast.claire)).id)


def test_the_bell_is_opened_and_read_by_keyboard(
    sit: Sit, acting: Acting, cast: Cast, axe: str
) -> None:
    durand, _roche = give(acting, cast, "Durand"), give(acting, cast, "Roche")
    desk = sit("claire")
    page = desk.open("/")
    bell = page.get_by_role("button", name="Notifications: 2 unread")
    bell.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Notifications")
    links = dialog.get_by_role("link", name=re.compile("assigned you"))
    expect(links).to_have_text(
        [f"Marc Morel assigned you the lead {name} (unread)" for name in ("Roche", "Durand")]
    )
    expect(links.first).to_be_focused()
    assert look(desk, axe, LEVELS) == []
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/leads/show/{durand}$"))
    bell = page.get_by_role("button", name="Notifications: 1 unread")
    bell.focus()

    give(acting, cast, "Petit")
    page.evaluate("document.querySelector('[data-bell]').dispatchEvent(new Event('asked'))")
    expect(page.locator("[data-bell-said]")).to_have_text("Notifications: 2 unread")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("link", name="Petit")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Notifications: 2 unread").press("Enter")
    dialog.get_by_role("button", name="Mark all as read").press("Enter")
    expect(page.get_by_role("button", name="Notifications", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(f"/leads/show/{durand}$"))
    desk.check()


def test_a_phone_has_the_notices_as_a_sheet(sit: Sit, acting: Acting, cast: Cast) -> None:
    give(acting, cast, "Durand")
    desk = sit("claire", viewport=NARROW)
    page = desk.open("/")
    page.get_by_role("button", name="Notifications: 1 unread").click()
    box = page.get_by_role("dialog", name="Notifications").bounding_box()
    assert box is not None
    assert (box["x"], box["width"]) == (8, 359)
    page.get_by_role("link", name="All notifications").click()
    expect(page.get_by_role("link", name=re.compile("Durand"))).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
    desk.check()
