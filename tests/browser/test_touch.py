"""The calendar with a finger on 375 pixels: create, repeat, answer, undo and delete."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from crm.calendar.models import Event
from crm.core.db import db
from tests.browser.axe import LEVELS, look
from tests.browser.conftest import NARROW, Desk, Sit
from tests.browser.test_calendar import box
from tests.calendar.test_series import series
from tests.factories import again, make, person
from tests.fixtures import Acting, Cast

TEN = datetime(2038, 1, 19, 9, tzinfo=UTC)  # Tuesday at ten in Paris
DAY = "/calendar/?view=day&date=2038-01-19"


@pytest.fixture
def open_day(sit: Sit) -> Desk:
    """Marc's day on his telephone, once it stands still."""
    desk = sit("marc", viewport=NARROW, has_touch=True)
    desk.open(DAY)
    desk.page.wait_for_load_state("networkidle")
    return desk


def number(acting: Acting, **where: str) -> int:
    with acting("marc"):
        return int(
            db.session.scalar(select(func.count()).select_from(Event).filter_by(**where)) or 0
        )


def fits(page: Page) -> bool:
    """Nothing is wider than the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"])


def tap_slot(page: Page, hour: int) -> None:
    """Tap on the empty half hour that begins at this full hour."""
    lines = page.locator(".fc-slot:not(.minor)")
    line = lines.nth(hour)
    line.scroll_into_view_if_needed()
    at = line.bounding_box()
    assert at is not None
    page.touchscreen.tap(at["x"] + at["width"] / 2, at["y"] + 8)


def test_a_tap_on_an_empty_slot_creates_and_the_toast_undoes(
    open_day: Desk, acting: Acting, axe: str
) -> None:
    page = open_day.page
    tap_slot(page, 14)
    dialog = page.get_by_role("dialog", name="Create a meeting")
    expect(dialog.get_by_label("Start")).to_have_value("19 Jan 2038 14:00")
    assert fits(page)
    assert look(open_day, axe, LEVELS) == []
    dialog.get_by_label("Subject").fill("Atelier")
    dialog.get_by_role("button", name="Save").tap()
    expect(box(page, "Atelier")).to_contain_text("14:00")
    assert number(acting, subject="Atelier") == 1
    page.locator("[data-toast]").get_by_role("button", name="Undo").tap()
    expect(box(page, "Atelier")).to_be_hidden()
    assert number(acting, subject="Atelier") == 0
    open_day.check()


def test_a_tapped_slot_repeats_in_the_full_form(open_day: Desk, acting: Acting) -> None:
    page = open_day.page
    tap_slot(page, 9)
    dialog = page.get_by_role("dialog", name="Create a meeting")
    dialog.get_by_label("Subject").fill("Point")
    dialog.get_by_role("button", name="Full form").tap()
    page.wait_for_url("**/events/add*")
    expect(page.locator("#f-subject")).to_have_value("Point")
    page.locator("#f-repeat").select_option("daily")
    page.locator("#f-repeat_count").fill("4")
    assert fits(page)
    page.get_by_role("button", name="Save 4 events").tap()
    expect(box(page, "Point")).to_contain_text("09:00")
    assert number(acting, subject="Point") == 4
    open_day.check()


def test_an_invited_user_answers_from_the_popover(
    sit: Sit, acting: Acting, cast: Cast, axe: str
) -> None:
    with acting("claire"):
        event = make(
            Event, subject="Visite", starts_at=TEN, ends_at=TEN + timedelta(hours=1),
            participants=[{"user": person(cast.marc)}],
        )  # fmt: skip
    desk = sit("marc", viewport=NARROW, has_touch=True)
    page = desk.open(DAY)
    box(page, "Visite").tap()
    page.locator("#cal-pop").get_by_role("link", name="Maybe").tap()
    dialog = page.get_by_role("dialog", name="Will you be there?")
    expect(dialog.get_by_role("radio", name="Maybe")).to_be_checked()
    assert fits(page)
    assert look(desk, axe, LEVELS) == []
    dialog.get_by_role("radio", name="Yes").tap()
    dialog.get_by_label("Comment").fill("Avec plaisir")
    dialog.get_by_role("button", name="Send my answer").tap()
    expect(page.locator("[data-toast]")).to_contain_text("Your answer: Yes")
    expect(box(page, "Visite")).to_be_visible()
    with acting("claire"):
        (guest,) = again(event).participants
        assert (guest.answer, guest.comment) == ("yes", "Avec plaisir")
    desk.check()


def test_one_event_and_those_that_follow_are_deleted_and_come_back(
    sit: Sit, acting: Acting
) -> None:
    with acting("marc"):
        third = series()[2]
        day = f"{third.starts_at:%Y-%m-%d}"
    desk = sit("marc", viewport=NARROW, has_touch=True)
    page = desk.open(f"/calendar/?view=day&date={day}")
    page.locator(f'[data-event="{third.id}"]').tap()
    page.locator("#cal-pop").get_by_role("link", name="Point d’équipe").tap()
    page.wait_for_url("**/events/show/*")
    page.get_by_role("button", name="More actions").tap()
    page.get_by_role("menuitem", name="Delete").tap()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("This and the following").tap()
    assert fits(page)
    dialog.get_by_role("button", name="Delete 8 events").tap()
    expect(page.locator("[data-toast]")).to_contain_text("8 events deleted")
    assert number(acting) == 2
    page.locator("[data-toast]").get_by_role("button", name="Undo").tap()
    page.wait_for_load_state("networkidle")
    expect(page.locator("[data-toast]")).to_be_visible()
    assert number(acting) == 10
    desk.check()
