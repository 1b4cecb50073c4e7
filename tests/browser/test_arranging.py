"""The blocks of the home page: moved and hidden by keyboard, in both themes and on a phone."""

import pytest
from playwright.sync_api import Route, expect
from sqlalchemy import update

from crm.companies.models import User
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from tests.browser.axe import LEVELS, looked_at
from tests.browser.conftest import Sit
from tests.factories import make, person


def test_a_block_is_moved_hidden_and_shown_again_by_keyboard(sit: Sit, acting, cast) -> None:
    with acting("claire"):
        make(Lead, organization="Élan", owner=person(cast.claire))
    desk = sit("claire")
    page = desk.open("/")
    titles = page.locator(".c-block h2")
    expect(titles.first).to_have_text("My figures this month")
    expect(page.locator(".c-kpi").first).to_contain_text("Amount won")
    page.get_by_role("button", name="Actions: My open leads").press("Enter")
    page.keyboard.press("Enter")  # the first of the menu
    expect(page.locator("#toasts")).to_contain_text("“My open leads” moved")
    expect(titles.nth(2)).to_have_text("My open leads")
    page.keyboard.press("Control+z")
    expect(titles.nth(2)).to_have_text("Leads without answer")
    page.get_by_role("button", name="Actions: My open leads").press("Enter")
    page.get_by_role("menuitem", name="Hide").press("Enter")
    expect(titles.filter(has_text="My open leads")).to_have_count(0)
    page.get_by_role("link", name="Arrange home").press("Enter")
    page.get_by_role("button", name="Show: My open leads").press("Enter")
    expect(page.get_by_role("button", name="Hide: My open leads")).to_be_visible()
    desk.check()


def test_a_menu_stays_beside_its_button_while_content_above_it_comes(
    sit: Sit, acting, cast
) -> None:
    with acting("claire"):
        for number in range(9):
            make(Lead, organization=f"Élan {number}", owner=person(cast.claire))
    desk = sit("claire")
    desk.page.set_viewport_size({"width": 1440, "height": 500})
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    desk.page.route("**/kpis*", hold)
    for title, is_scrolled in (("My open leads", True), ("Today", False)):
        page = desk.open("/")
        scrolled = page.locator(".c-main")
        button = page.get_by_role("button", name=f"Actions: {title}")
        if is_scrolled:
            button.evaluate("button => button.scrollIntoView({ block: 'center' })")
        page.wait_for_timeout(200)
        button.press("Enter")
        before = scrolled.evaluate("box => box.scrollTop")
        held.pop().fulfill(body="<p>1</p>" * 12)
        expect(page.locator(".c-kpibox.loaded")).to_have_count(1)
        page.wait_for_timeout(200)
        assert (scrolled.evaluate("box => box.scrollTop") != before) == is_scrolled
        menu, beside = page.get_by_role("menu").bounding_box(), button.bounding_box()
        below = menu["y"] - beside["y"] - beside["height"]
        above = beside["y"] - menu["y"] - menu["height"]
        assert 0 <= max(below, above) < 8
        page.mouse.move(600, 100)
        page.mouse.wheel(0, 100)
        expect(page.get_by_role("menu")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_home_and_its_order_are_accessible_and_fit_a_phone(
    sit: Sit, everything, acting, cast, axe: str, theme: str
) -> None:
    with everything() as session:
        session.execute(update(User).where(User.id == cast.claire).values(theme=theme))
        session.execute(update(User).where(User.id == cast.marc).values(theme=theme))
    with acting("claire"):
        make(Opportunity, name="Projet", amount=1_000_000)
    for somebody in ("claire", "marc"):  # who sees the table of everybody too
        desk = sit(somebody)
        assert looked_at(desk, ["/", "/home/"], axe, LEVELS) == {}
        desk.page.set_viewport_size({"width": 375, "height": 812})
        page = desk.open("/")
        expect(page.locator(".c-later:not(.loaded)")).to_have_count(0)
        width = page.locator(".c-home-main").evaluate("box => box.scrollWidth")
        assert width <= 375
        desk.check()
