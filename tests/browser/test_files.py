"""A photo on one's profile, and a catalogue behind a public link, as people meet them."""

from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

from crm.catalog.public import share
from crm.companies.models import AppSettings
from tests.browser.axe import LEVELS, look
from tests.browser.conftest import NARROW, Sit
from tests.catalog.test_services import catalog
from tests.factories import save
from tests.fixtures import Acting


def test_a_photo_is_chosen_seen_and_removed(sit: Sit, tmp_path: Path) -> None:
    desk = sit("claire")
    page = desk.open("/profile/")
    Image.new("RGB", (40, 40), "teal").save(tmp_path / "moi.png")
    page.set_input_files("#f-picture", tmp_path / "moi.png")
    page.get_by_role("button", name="Save").click()
    seen = page.locator(".c-top img.avatar")
    expect(seen).to_be_visible()
    assert seen.evaluate("async (image) => (await image.decode(), image.naturalWidth)") == 40
    page.get_by_label("Remove the picture").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".c-top img.avatar")).to_have_count(0)
    desk.check()


def test_a_catalogue_opens_without_an_account(sit: Sit, acting: Acting, axe: str) -> None:
    with acting("alice") as session:
        save(session.get_one(AppSettings, 1), manage_catalogs=True)
    with acting("claire"):
        made = catalog(name="Gamme 2027")
        _shared, address = share(made, made.company)
    desk = sit(locale="fr-FR", viewport=NARROW)
    page = desk.open("/p/" + address.rpartition("/")[2])
    expect(page.get_by_role("heading", name="Gamme 2027")).to_be_visible()
    assert look(desk, axe, LEVELS) == []
    page.keyboard.press("Tab")
    with page.expect_download() as loaded:
        page.keyboard.press("Enter")
    assert loaded.value.suggested_filename == made.file_name
    desk.check()
