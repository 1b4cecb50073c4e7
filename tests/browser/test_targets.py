"""The page of targets: by keyboard, by a block of a spreadsheet, wide and on a phone."""

from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from crm.companies.models import Company, User
from crm.opportunities.models import SalesTarget
from crm.opportunities.services.targets import Changed, set_targets
from tests.browser.axe import LEVELS, looked_at
from tests.browser.conftest import Sit
from tests.fixtures import Acting, Cast

PAGE = "/reporting/targets/?year=2027"
PASTE = """(input, text) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  input.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
}"""


def test_targets_are_pasted_typed_and_saved_by_keyboard(
    sit: Sit, acting: Acting, cast: Cast
) -> None:
    desk = sit("marc")
    page = desk.open(PAGE)
    first = page.get_by_role("textbox", name="Claire Colin, Q1 2027")
    first.evaluate(PASTE, "1,000\t2,000\n3,000\t4,000")
    expect(page.get_by_role("textbox", name="Claire Colin, Q2 2027")).to_have_value("2,000")
    first.press("Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.type("1500")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Targets saved")).to_be_visible()
    expect(first).to_have_value("1500.00")
    desk.check()
    with acting("marc") as session:
        found = {(t.owner_id, t.quarter): t.amount for t in session.scalars(select(SalesTarget))}
        assert found[cast.claire, date(2027, 1, 1)] == Decimal(1500)
        assert sorted(found.values()) == [1500, 2000, 3000, 4000]


@pytest.mark.parametrize(("language", "theme"), [("fr", "light"), ("en", "dark")])
def test_axe_finds_nothing_on_its_pages_wide_and_narrow(
    sit: Sit, acting: Acting, cast: Cast, axe: str, language: str, theme: str
) -> None:
    with acting("marc") as session:
        session.execute(update(User.__table__).values(language=language, theme=theme))
        company = session.get_one(Company, cast.france)
        changes = {(cast.claire, date(2027, 4, 1)): Changed(None, Decimal(70_000))}
        set_targets(company, 2027, "EUR", changes)
    chart = "/reporting/boards/forecast/targets?period=2027-04-01..2027-06-30"
    desk = sit("marc")
    assert not looked_at(desk, [PAGE, chart, "/reporting/boards/forecast"], axe, LEVELS)
    desk.check()
