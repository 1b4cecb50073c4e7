"""The address of a feed and the import of a file, by keyboard alone."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.axe import LEVELS, look
from tests.browser.conftest import NARROW, Sit
from tests.calendar.test_importing import FILE


def test_an_address_is_made_copied_and_revoked_by_keyboard(sit: Sit, axe: str) -> None:
    desk = sit("marc")
    page = desk.open("/profile/")
    page.get_by_role("link", name="Calendar feeds").press("Enter")
    page.get_by_role("button", name="Make an address").press("Enter")
    expect(page.get_by_role("heading", name="My events")).to_be_focused()
    shown = page.locator("#address-mine")
    expect(shown).to_have_text(re.compile(r"/calendar/feed/\d+-mine-[\w-]{43}\.ics$"))
    assert look(desk, axe, LEVELS) == []
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Copy the address")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-copy]")).to_have_accessible_name("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == shown.text_content()
    page.get_by_role("button", name="Revoke the address").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Revoke the address").press("Enter")
    expect(page.get_by_role("button", name="Make an address")).to_be_visible()
    expect(page.get_by_text("Address revoked")).to_be_visible()
    desk.check()


def test_the_address_fits_a_phone(sit: Sit) -> None:
    desk = sit("claire", viewport=NARROW)
    page = desk.open("/calendar/feed/")
    page.get_by_role("button", name="Make an address").first.click()
    expect(page.locator("#address-mine")).to_be_visible()
    desk.check()


def test_a_file_is_imported_by_keyboard(sit: Sit, axe: str, tmp_path: Path) -> None:
    file = tmp_path / "agenda.ics"
    file.write_bytes(FILE)
    desk = sit("claire")
    page = desk.open("/events/import")
    page.get_by_label("File (.ics)").set_input_files(file)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="3 entries will be imported")).to_be_focused()
    assert look(desk, axe, LEVELS) == []
    page.get_by_role("button", name="Import 3 entries").press("Enter")
    expect(page.get_by_text("5 events imported")).to_be_visible()
    desk.check()
