"""The sales follow-up: chosen, saved and reopened by keyboard, wide and on a phone."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from crm.accounts.models import Account
from crm.companies.models import Agency, AppSettings, User
from crm.core.rows import unfiltered
from crm.core.saved import services
from crm.core.saved.models import SavedKind
from crm.core.saved.services import Given
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from tests.browser.axe import LEVELS, looked_at
from tests.browser.conftest import NARROW, WIDE, Sit
from tests.factories import make
from tests.fixtures import Acting, Cast

LAYOUT = {"subject": "accounts", "period": "this_year", "filters": [["owner", 0, ["me"]]]}


@pytest.fixture
def agencies(acting: Acting, cast: Cast) -> None:
    """Agencies are managed, and Lyon has sold something."""
    with acting("alice") as session, unfiltered("a test's settings"):
        session.get_one(AppSettings, 1).manage_agencies = True
    with acting("claire") as session:
        lyon = session.get_one(Agency, cast.lyon)
        make(Lead, last_name="Roche", agency=lyon)
        account = make(Account, name="Imprimerie du Rhône", agency=lyon)
        make(Opportunity, name="Presses", amount=700, account=account, agency=lyon)


@pytest.mark.parametrize("window", [WIDE, NARROW], ids=["1440", "375"])
def test_it_is_filtered_saved_and_reopened_by_keyboard(
    sit: Sit, agencies: None, window: dict[str, int]
) -> None:
    desk = sit("claire", viewport=window)
    page = desk.open("/reporting/pipeline")
    page.get_by_role("button", name="Subject").press("Enter")
    page.get_by_role("menuitemradio", name="Clients and prospects").press("Enter")
    page.wait_for_url("**subject=accounts**")
    _add_agency(page)
    expect(page.locator("#chips")).to_contain_text("Agency is Lyon")

    page.get_by_role("link", name="Save the report").press("Enter")
    page.get_by_role("textbox", name="Name").fill("Sales of Lyon")
    page.get_by_label("Sales").press("Space")
    page.keyboard.press("Control+Enter")
    title = page.get_by_role("heading", name="Sales of Lyon", level=1)
    expect(title).to_be_visible()
    expect(page.get_by_role("link", name="Save the report")).to_have_count(0)

    page.get_by_role("button", name="Created on").press("Enter")
    page.get_by_role("menuitemradio", name="This year").press("Enter")
    page.get_by_role("button", name=re.compile("^Save “Sales of Lyon”")).press("Enter")
    expect(page.get_by_text("Report “Sales of Lyon” saved")).to_be_visible()

    page.goto("/reporting/")
    page.get_by_role("link", name="Own reports").press("Enter")
    row = page.get_by_role("row", name="Sales of Lyon")
    expect(row).to_contain_text("Sales follow-up: Clients and prospects")
    row.get_by_role("link", name="Sales of Lyon", exact=True).press("Enter")
    expect(title).to_be_visible()
    expect(page.locator("#chips")).to_contain_text("Agency is Lyon")
    assert "period=this_year" in page.url
    by_agency = page.get_by_role("region", name="Table: By agency").get_by_role("row", name="Lyon")
    by_agency.get_by_role("link", name="€700.00").first.press("Enter")
    expect(page.get_by_role("row", name="Presses")).to_be_visible()
    desk.check()


def _add_agency(page: Page) -> None:
    """Add the filter, and choose Lyon in its picker."""
    page.get_by_role("button", name="Filter", exact=True).press("Enter")
    page.get_by_role("menuitem", name="Agency").press("Enter")
    box = page.get_by_role("dialog", name="Filter: Agency")
    find = box.get_by_role("combobox", name="Agency")
    find.fill("Lyo")
    expect(box.get_by_role("option", name="Lyon")).to_be_visible()
    find.press("Enter")
    box.get_by_role("button", name="Apply").press("Enter")


@pytest.mark.parametrize("window", [WIDE, NARROW], ids=["1440", "375"])
@pytest.mark.parametrize(("language", "theme"), [("fr", "light"), ("en", "dark")])
def test_axe_finds_nothing_on_its_pages(
    sit: Sit,
    acting: Acting,
    agencies: None,
    axe: str,
    language: str,
    theme: str,
    window: dict[str, int],
) -> None:
    with acting("marc") as session:
        pk = services.create(SavedKind.REPORT, "pipeline", LAYOUT, Given("Les miens")).id
        session.execute(update(User.__table__).values(language=language, theme=theme))
    report = f"/reporting/pipeline?subject=accounts&report={pk}"
    paths = [
        "/reporting/pipeline",
        report,
        f"/reporting/own/copy/{pk}",
        f"/reporting/own/edit/{pk}",
        "/reporting/own/",
        "/reporting/pipeline/accounts",
    ]
    assert looked_at(sit("marc", viewport=window), paths, axe, LEVELS) == {}
