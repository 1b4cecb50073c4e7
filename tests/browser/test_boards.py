"""A board as people meet it: fetched two charts at a time, drawn, read, printed."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy.orm import Session

from tests.browser.axe import LEVELS, choose, look
from tests.browser.conftest import NARROW, WIDE, Sit
from tests.fixtures import Acting, Cast, World
from tests.reporting.boards_world import plant

Everything = Callable[[], AbstractContextManager[Session]]
BOARD = "/reporting/boards/opportunities?period=this_year&compare=1"
SHIFTS = """
window.shifted = [];
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifted.push(one.value);
}).observe({ type: "layout-shift", buffered: true });
"""
LIST = re.compile("/opportunities/list/")
MOST = 0.1  # good: https://web.dev/articles/cls


@pytest.fixture
def business(acting: Acting, cast: Cast, everything: Everything) -> None:
    plant(acting, cast, everything)


def loaded(page: Page) -> None:
    expect(page.locator("[data-later]:not(.loaded)")).to_have_count(0, timeout=60_000)


def test_charts_come_two_at_a_time_and_a_failed_one_can_be_asked_again(
    sit: Sit, business: None
) -> None:
    desk = sit("alice")
    waiting: set[str] = set()
    most: list[int] = []
    failed: list[str] = []

    def fetch(route: Route) -> None:
        if route.request.headers.get("hx-request") != "true":
            return route.continue_()
        waiting.add(route.request.url)
        most.append(len(waiting))
        if "by-stage" in route.request.url and not failed:
            failed.append(route.request.url)
            return route.abort()
        return route.continue_()

    desk.page.route("**/reporting/boards/**", fetch)
    desk.page.on("requestfinished", lambda request: waiting.discard(request.url))
    desk.page.on("requestfailed", lambda request: waiting.discard(request.url))
    page = desk.open(BOARD)
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_visible(timeout=60_000)
    left = page.locator("[data-later]:not(.loaded)")
    expect(left).to_have_count(1, timeout=60_000)  # what is asked again is not in their row
    again.click()
    loaded(page)
    assert len(failed) == 1
    assert max(most) == 2
    table = page.get_by_role("region", name="Table: Opportunities by stage", exact=True)
    expect(table).to_be_visible()
    desk.check()


def test_a_drawing_follows_the_theme_and_its_bar_opens_the_list(sit: Sit, business: None) -> None:
    desk = sit("alice", color_scheme="light")
    page = desk.open(BOARD)
    loaded(page)
    drawing = page.get_by_role("img", name="Won and lost by month")
    drawing.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)  # of the first animation
    light = drawing.screenshot()
    page.emulate_media(color_scheme="dark")
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    page.wait_for_timeout(1500)
    assert drawing.screenshot() != light
    link = page.get_by_role("region", name="Table: Won and lost by month").get_by_role("link").first
    link.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(LIST)
    page.go_back()
    loaded(page)
    box = page.get_by_role("img", name="Won and lost by month").bounding_box()
    assert box is not None
    for step in range(8, int(box["width"]), 12):
        page.mouse.click(box["x"] + step, box["y"] + box["height"] - 32)
        if "/opportunities/list/" in page.url:
            break
    expect(page).to_have_url(LIST)
    assert "closed_on" in page.url
    desk.check()


@pytest.mark.parametrize("title", ["Opportunities by stage and agency", "Won by source"])
def test_a_part_of_a_bar_opens_its_list(sit: Sit, business: None, title: str) -> None:
    """Of a drawing, and of a bar in its row."""
    desk = sit("alice")
    page = desk.open(BOARD)
    loaded(page)
    if title == "Won by source":
        bar = page.get_by_role("region", name=f"Table: {title}").locator(".c-hbar").first
        bar.scroll_into_view_if_needed()
        bar.click()
        expect(page).to_have_url(LIST)
        assert "source" in page.url
        return
    drawing = page.get_by_role("img", name=title)
    drawing.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)
    box = drawing.bounding_box()
    assert box is not None
    for step in range(60, int(box["width"]), 12):
        page.mouse.click(box["x"] + step, box["y"] + box["height"] - 32)
        if "/opportunities/list/" in page.url:
            break
    expect(page).to_have_url(LIST)
    assert "stage" in page.url
    assert "agency" in page.url
    desk.check()


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_nothing_moves_and_axe_finds_nothing(
    sit: Sit, world: World, business: None, axe: str, size: dict[str, int]
) -> None:
    for language, theme, board in (("fr", "light", "opportunities"), ("en", "dark", "leads")):
        choose(world, language, theme)
        desk = sit("alice", viewport=size)
        desk.context.add_init_script(SHIFTS)
        page = desk.open(BOARD.replace("opportunities", board))
        loaded(page)
        page.wait_for_timeout(500)
        assert sum(page.evaluate("window.shifted")) <= MOST
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert look(desk, axe, LEVELS) == []
        desk.check()


def test_paper_shows_figures_and_drawings_without_menus(sit: Sit, business: None) -> None:
    desk = sit("alice")
    page = desk.open(BOARD)
    loaded(page)
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation", name="Dashboards")).to_be_hidden()
    expect(page.locator(".c-drawing canvas").first).to_be_visible()
    expect(page.get_by_text("Win rate", exact=True)).to_be_visible()
    page.emulate_media(media="screen", forced_colors="active")
    expect(page.locator(".c-hbar .s1").first).to_have_css("fill", "rgb(0, 0, 0)")
    desk.check()
