"""The form of an event says who is busy, and takes the free time that it offers."""

import os
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from crm.calendar.models import Event
from tests.browser.conftest import Sit
from tests.factories import make
from tests.fixtures import Acting


def test_a_free_time_is_taken_with_the_keyboard(sit: Sit, acting: Acting) -> None:
    day = datetime.now(UTC).astimezone(ZoneInfo("Europe/Paris")) + timedelta(days=60)
    day += timedelta(days=(2 - day.weekday()) % 7)  # a Wednesday
    start = day.replace(hour=10, minute=0, second=0, microsecond=0)
    with acting("claire"):
        make(Event, subject="Atelier", starts_at=start, ends_at=start + timedelta(hours=1))
    desk = sit("claire")
    page = desk.open("/events/add?type=meeting")
    page.locator("#f-subject").press_sequentially("Visite")
    field = page.locator("#f-starts_at")
    field.press("ControlOrMeta+a")
    page.keyboard.type(f"{start:%d/%m/%Y} 10:30")
    page.keyboard.press("Tab")
    told = page.locator("[data-live]")
    expect(told).to_contain_text("already has “Atelier”")
    if shot := os.environ.get("SHOT"):
        page.screenshot(path=shot)
    button = told.get_by_role("button", name="Take this time")
    button.focus()
    page.keyboard.press("Enter")
    expect(field).to_have_value(f"{start.day} {start:%b %Y} 11:00")
    expect(page.locator("#f-ends_at")).to_have_value(f"{start.day} {start:%b %Y} 12:00")
    expect(told).to_be_empty()
    expect(field).to_be_focused()
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.locator("h1")).to_contain_text("Visite")
    expect(page.locator("#fld-starts_at")).to_contain_text("11:00")
    desk.check()
