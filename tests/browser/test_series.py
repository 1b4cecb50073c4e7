"""Series by the keyboard alone: created with their dates told, changed and deleted."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from crm.calendar.models import Event
from crm.core.db import db
from tests.browser.axe import LEVELS, look
from tests.browser.conftest import NARROW, Sit
from tests.calendar.test_series import series
from tests.fixtures import Acting

NOTE = "[data-repeat-note]"


def places(acting: Acting) -> list[str | None]:
    with acting("marc"):
        return list(db.session.scalars(select(Event.location).order_by(Event.starts_at)))


def test_a_series_is_created_by_keys_alone(sit: Sit, acting: Acting, axe: str) -> None:
    desk = sit("marc")
    page = desk.open("/events/add?type=meeting")
    page.locator("#f-subject").fill("Point")
    page.locator("#f-starts_at").fill("03/03/2027 10:00")
    page.locator("#f-repeat").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#f-repeat")).to_have_value("weekly")
    # Before the start's weekday is known, the day of the form's own proposal is the one ticked.
    expect(page.locator("[name=repeat_weekdays][value='2']")).to_be_checked()
    expect(page.locator("[name=repeat_weekdays]:checked")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.type("2")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # Monday
    for _day in range(4):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")  # Friday
    page.locator("#f-repeat_count").fill("6")
    expect(page.locator(NOTE)).to_contain_text(
        "Every 2 weeks, on Mondays, Wednesdays, and Fridays at 10:00, 6 times from Wednesday 3 Mar"
    )
    expect(page.locator(NOTE).locator("li")).to_have_count(6)
    expect(page.get_by_role("button", name="Save 6 events")).to_be_visible()
    assert look(desk, axe, LEVELS) == []
    page.locator("[name=repeat_weekdays][value='2']").focus()
    page.keyboard.press("Space")  # the day of the start stays ticked
    expect(page.locator("[name=repeat_weekdays][value='2']")).to_be_checked()
    page.locator("#f-starts_at").fill("04/03/2027 10:00")
    page.keyboard.press("Tab")  # the end follows
    expect(page.locator("[name=repeat_weekdays][value='3']")).to_be_checked()
    expect(page.locator("[name=repeat_weekdays][value='2']")).not_to_be_checked()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/events/show/*")
    expect(page.locator("main")).to_contain_text("Every 2 weeks")
    assert len(places(acting)) == 6


@pytest.mark.parametrize(("steps", "changed"), [(0, 1), (1, 7), (2, 10)])
def test_the_place_of_the_fourth(
    sit: Sit, acting: Acting, axe: str, steps: int, changed: int
) -> None:
    with acting("marc"):
        fourth = series()[3].id
    desk = sit("marc")
    page = desk.open(f"/events/edit/{fourth}")
    page.locator("#f-location").fill("Salle 2")
    page.keyboard.press("Control+Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("radio")).to_have_count(3)
    assert look(desk, axe, LEVELS) == []
    for _step in range(steps):
        page.keyboard.press("ArrowDown")
    number = f"{changed} event{'s' if changed > 1 else ''}"
    expect(dialog.get_by_role("button", name=f"Save {number}")).to_be_visible()
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/events/show/*")
    assert places(acting).count("Salle 2") == changed


def test_escape_keeps_what_was_typed(sit: Sit, acting: Acting) -> None:
    with acting("marc"):
        fourth = series()[3].id
    desk = sit("marc")
    page = desk.open(f"/events/edit/{fourth}")
    page.locator("#f-location").fill("Salle 2")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#f-location")).to_have_value("Salle 2")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert places(acting).count("Salle 2") == 0


def test_deleting_the_following_and_restoring_them(sit: Sit, acting: Acting) -> None:
    with acting("marc"):
        fourth = series()[3].id
    desk = sit("marc")
    page = desk.open(f"/events/show/{fourth}")
    page.get_by_role("button", name="More actions").press("Enter")
    page.get_by_role("menuitem", name="Delete").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("10 events")
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("button", name="Delete 7 events")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".c-toast")).to_contain_text("7 events deleted")
    assert len(places(acting)) == 3
    page.locator(".c-toast").get_by_role("button").first.press("Enter")
    page.wait_for_url("**/events/show/*")
    assert len(places(acting)) == 10


def test_on_a_phone(sit: Sit, acting: Acting, axe: str) -> None:
    desk = sit("marc", viewport=NARROW)
    page = desk.open("/events/add?type=meeting")
    page.locator("#f-starts_at").fill("31/01/2027 10:00")
    page.locator("#f-repeat").select_option("monthly")
    expect(page.locator(NOTE)).to_contain_text("on day 31, or the last day of the month")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert look(desk, axe, LEVELS) == []
