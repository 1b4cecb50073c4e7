"""Saved filters, and filters by days: by keyboard, wide and on a phone, in both themes."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from crm.companies.models import User
from crm.core.saved import services
from crm.core.saved.models import SavedKind
from crm.core.saved.services import Given
from crm.leads.models import Lead
from tests.browser.axe import LEVELS, looked_at
from tests.browser.conftest import Sit
from tests.factories import make
from tests.fixtures import Acting

LIST = "/leads/list/?_flt_0_owner=me&_flt_6_received_on=30"
LAYOUT = {"filters": [["owner", 0, ["me"]]], "search": "", "order": []}


def test_a_filter_is_made_and_saved_by_keyboard_and_its_deletion_undone(
    sit: Sit, acting: Acting
) -> None:
    with acting("claire"):
        make(Lead, last_name="Roche")
    desk = sit("claire")
    page = desk.open("/leads/list/")
    page.get_by_role("button", name="Filter", exact=True).press("Enter")
    page.get_by_role("menuitem", name="Received on").press("Enter")
    box = page.get_by_role("dialog", name="Filter: Received on")
    box.get_by_role("combobox", name="Operator").select_option(label="in the last … days")
    days = box.get_by_role("textbox", name="Number of days")
    expect(box.get_by_role("textbox")).to_have_count(1)
    days.fill("30")
    days.press("Enter")
    expect(page.locator("#chips")).to_contain_text("Received on in the last 30 days")
    expect(page.locator("tr", has_text="Roche")).to_be_visible()

    page.get_by_role("link", name="Save this filter").press("Enter")
    page.get_by_role("textbox", name="Name").fill("Of the month")
    page.get_by_label("Sales").press("Space")
    page.keyboard.press("Control+Enter")
    menu = page.get_by_role("navigation", name="Main menu")
    saved = menu.get_by_role("link", name="Of the month")
    expect(saved).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("link", name="Save this filter")).to_have_count(0)

    menu.get_by_role("link", name="Saved filters").press("Enter")
    expect(page.get_by_role("cell", name="Sales")).to_be_visible()
    page.get_by_role("button", name="Delete: Of the month").press("Enter")
    expect(saved).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(saved).to_be_visible()
    desk.check()


@pytest.mark.parametrize(("language", "theme"), [("fr", "light"), ("en", "dark")])
def test_axe_finds_nothing_on_its_pages_wide_and_narrow(
    sit: Sit, acting: Acting, axe: str, language: str, theme: str
) -> None:
    with acting("claire") as session:
        session.execute(update(User.__table__).values(language=language, theme=theme))
        make(Lead, last_name="Roche")
        for name in ("Pistes du salon de Lyon 2026, à rappeler avant la fin du mois", "Zoé"):
            pk = services.create(SavedKind.LIST, "leads", LAYOUT, Given(name)).id
    paths = [
        LIST,
        f"{LIST}&saved={pk}",
        "/saved_filters/list/",
        f"/saved_filters/edit/{pk}",
        f"/saved_filters/add?list=leads&{LIST.partition('?')[2]}",
    ]
    desk = sit("claire")
    assert looked_at(desk, paths, axe, LEVELS) == {}
    if language == "fr":
        shown = desk.open(f"{LIST}&saved={pk}").locator("#chips")
        expect(shown).to_contain_text(
            re.compile("Date de réception au cours des 30 derniers jours")
        )
        expect(shown).to_contain_text(re.compile("Enregistrer «\\s*Zoé\\s*»"))
