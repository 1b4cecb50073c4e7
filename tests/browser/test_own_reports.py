"""Own reports: made by keyboard, the result beside the choices, wide and on a phone."""

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

LAYOUT = {"filters": [], "by": ["received_on:month", "status"], "measure": "", "look": ""}


def test_a_report_is_made_and_saved_by_keyboard(sit: Sit, acting: Acting) -> None:
    with acting("claire"):
        make(Lead, last_name="Roche", score=4)
    desk = sit("claire")
    page = desk.open("/reporting/own/")
    page.get_by_role("button", name="New report").press("Enter")
    page.get_by_role("menuitem", name="Leads").press("Enter")
    result = page.get_by_role("region", name="Table:")
    expect(result.get_by_role("rowheader", name="Claire Colin")).to_be_visible()
    page.get_by_label("Group by").select_option(label="Status")
    expect(result.get_by_role("columnheader", name="Status")).to_be_visible()
    page.get_by_label("Measure").select_option(label="Score, average")
    expect(result.get_by_role("columnheader", name="Score, average")).to_be_visible()
    assert "by=status" in page.url
    page.get_by_label("Shown as").select_option(label="Table")
    expect(result.locator(".c-hbar")).to_have_count(0)
    page.go_back()
    expect(result.locator(".c-hbar").first).to_be_visible()
    page.get_by_role("link", name="Save the report").press("Enter")
    page.get_by_role("textbox", name="Name").fill("By status")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="By status", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Share")).to_be_visible()
    desk.check()


@pytest.mark.parametrize(("language", "theme"), [("fr", "light"), ("en", "dark")])
def test_axe_finds_nothing_on_its_pages_wide_and_narrow(
    sit: Sit, acting: Acting, axe: str, language: str, theme: str
) -> None:
    with acting("claire") as session:
        make(Lead, last_name="Roche")
        pk = services.create(SavedKind.REPORT, "leads", LAYOUT, Given("Par mois")).id
        session.execute(update(User.__table__).values(language=language, theme=theme))
    paths = ["/reporting/own/", f"/reporting/own/open/{pk}", f"/reporting/own/edit/{pk}"]
    assert looked_at(sit("claire"), paths, axe, LEVELS) == {}


def test_a_report_is_pinned_moved_and_unpinned_by_keyboard(
    sit: Sit, acting: Acting, axe: str
) -> None:
    with acting("claire"):
        make(Lead, last_name="Roche")
        pk = services.create(SavedKind.REPORT, "leads", LAYOUT, Given("By month")).id
    desk = sit("claire")
    page = desk.open(f"/reporting/own/open/{pk}")
    for place in ("Home", "Leads"):
        page.get_by_role("button", name="Pin to…").press("Enter")
        page.get_by_role("menuitem", name=f"Pin to: {place}").press("Enter")
        expect(page.locator("#toasts")).to_contain_text(f"“By month” pinned to: {place}")
    page.get_by_role("button", name="Pin to…").press("Enter")
    expect(page.get_by_role("menuitem", name="Unpin from: Leads")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Pin to: Quotes")).to_be_visible()
    page = desk.open("/")
    block = page.get_by_role("region", name="By month")
    expect(block.get_by_role("columnheader", name="Total")).to_be_visible()
    acts = page.get_by_role("button", name="Actions: By month")
    missing = page.locator(".c-later:not(.loaded)")
    expect(missing).to_have_count(0)  # what arrives above may scroll, which closes menus
    acts.focus()
    acts.press("Enter")
    page.get_by_role("menuitem", name="Move up").press("Enter")
    expect(page.locator("#toasts")).to_contain_text("“By month” moved")
    assert looked_at(desk, ["/", "/home/"], axe, LEVELS) == {}
    page = desk.open("/")
    expect(missing).to_have_count(0)
    acts.focus()
    acts.press("Enter")
    page.get_by_role("menuitem", name="Unpin").press("Enter")
    expect(block).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(block).to_be_visible()
    board = "/reporting/boards/leads?period=this_year"
    page = desk.open(board)
    last = page.locator(".c-dash > section").last
    expect(last).to_contain_text("With the filters of the report, not those of this dashboard.")
    assert looked_at(desk, [board], axe, LEVELS) == {}
    page = desk.open(board)
    page.get_by_role("button", name="Unpin: By month").press("Enter")
    expect(page.get_by_role("heading", name="By month", exact=True)).to_have_count(0)
    assert page.url.endswith(board)
    page.keyboard.press("Control+z")
    expect(page.get_by_role("heading", name="By month", exact=True)).to_be_visible()
    desk.check()
