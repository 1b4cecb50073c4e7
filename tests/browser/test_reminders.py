"""Reminders by the keyboard alone: typed, added, taken away, saved; a select in the short form."""

import pytest
from playwright.sync_api import Page, expect

from crm.accounts.models import Account
from crm.calendar.models import Event
from tests.browser.conftest import NARROW, Sit
from tests.factories import again, make
from tests.fixtures import Acting


def test_reminders_by_keys_alone(sit: Sit, acting: Acting) -> None:
    page = sit("claire").open("/events/add?type=meeting")
    page.locator("#f-subject").fill("Visite")
    page.locator("#f-starts_at").fill("20/01/2037 10:00")
    box = page.locator("#f-reminders")
    expect(box.locator("[data-row]")).to_have_count(1)
    expect(page.locator("#f-reminders-0-amount")).to_have_value("30")
    box.get_by_role("button", name="Add a reminder").press("Enter")
    expect(box.locator("[data-row]")).to_have_count(2)
    page.locator("#f-reminders-1-amount").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("2")
    page.locator("#f-reminders-1-unit").select_option("hours")
    page.locator("#f-reminders-1-recipients").select_option("all")
    box.get_by_role("button", name="Delete").first.press("Enter")
    expect(box.locator("[data-row]")).to_have_count(1)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/events/show/*")
    expect(page.get_by_text("2 hours before, for everyone invited, by e-mail")).to_be_visible()
    with acting("claire"):
        event = again(Event(id=int(page.url.rpartition("/")[2])))
        assert [(one.amount, one.unit) for one in event.reminders] == [(2, "hours")]


@pytest.mark.parametrize("width", [None, NARROW])
def test_the_short_form_keeps_the_choice(sit: Sit, acting: Acting, width: object) -> None:
    with acting("claire"):
        account = make(Account)
    options = {"viewport": width} if width else {}
    page: Page = sit("claire", **options).open(
        f"/events/add?account={account.id}&type=meeting&short=1"
    )
    page.get_by_label("Reminder").select_option("60")
    page.get_by_role("button", name="Full form").click()
    expect(page.locator("#f-reminders-0-amount")).to_have_value("1")
    expect(page.locator("#f-reminders-0-unit")).to_have_value("hours")
