"""Guests by the keyboard alone: found, added, given a role, removed; proposed ones too."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from crm.accounts.models import Contact
from crm.calendar.models import Event
from tests.browser.conftest import NARROW, Sit
from tests.factories import again, make
from tests.fixtures import Acting

BUILT = "() => document.querySelector('#f-guest')?.tomselect"


@pytest.fixture
def contact(acting: Acting) -> Any:
    with acting("claire"):
        return make(Contact, last_name="Guichard", email="laurent@example.com")


def opened(sit: Sit, path: str, **options: Any) -> Page:
    page = sit("claire", **options).open(path)
    page.wait_for_function(BUILT)
    return page


def names(page: Page) -> list[str]:
    return page.locator("[data-guests] [data-name]").all_inner_texts()


def test_guests_by_keys_alone(sit: Sit, acting: Acting, contact: Any) -> None:
    page = opened(sit, "/events/add?type=meeting")
    page.locator("#f-subject").fill("Visite")
    page.locator("#f-starts_at").fill("20/01/2038 10:00")
    page.locator("#f-guest-ts-control").focus()
    for text in ("guichard", "hugo", "new@example.com"):
        page.keyboard.type(text)
        page.keyboard.press("Enter")
        expect(page.locator("#f-guest-ts-control")).to_have_value("")
        expect(page.locator("#f-guest-ts-control")).to_be_focused()
    expect(page.locator("[data-guests] [data-row]")).to_have_count(3)
    assert names(page) == ["Guichard", "Hugo Henry", "new@example.com"]
    expect(page.locator("output[data-preview=guests]")).to_have_text(
        "Invitations go to Guichard, Hugo Henry, and new@example.com when you save."
    )
    page.keyboard.type("guichard")
    page.keyboard.press("Enter")
    assert len(names(page)) == 3, "nobody twice"
    page.get_by_role("combobox", name="Role: Hugo Henry").select_option("optional")
    page.get_by_role("button", name="Remove: new@example.com").press("Enter")
    assert names(page) == ["Guichard", "Hugo Henry"]
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/events/show/*")
    with acting("claire"):
        event = again(Event(id=int(page.url.rpartition("/")[2])))
        assert [(str(one), one.role) for one in event.participants] == [
            ("Guichard", "required"),
            ("Hugo Henry", "optional"),
        ]


def test_an_address_that_was_only_typed_is_a_guest(sit: Sit, acting: Acting) -> None:
    page = opened(sit, "/events/add?type=meeting")
    page.locator("#f-subject").fill("Visite")
    page.locator("#f-guest-ts-control").focus()
    page.keyboard.type("left@example.com")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/events/show/*")
    expect(page.locator(".c-guests")).to_contain_text("left@example.com")


@pytest.mark.parametrize("answer", ["accept", "decline"])
def test_the_contact_is_proposed(sit: Sit, contact: Any, answer: str) -> None:
    page = opened(sit, f"/events/add?contact={contact.id}&type=meeting&short=1")
    proposal = page.locator("[data-proposal]")
    expect(proposal).to_contain_text("Invite Guichard")
    proposal.locator(f"[data-{answer}]").press("Enter")
    expect(proposal).to_be_hidden()
    assert names(page) == (["Guichard"] if answer == "accept" else [])


def test_a_chosen_contact_is_proposed_too(sit: Sit, contact: Any) -> None:
    page = opened(sit, "/events/add?type=meeting")
    page.locator("#f-contact-ts-control").focus()
    page.keyboard.type("guichard")
    page.keyboard.press("Enter")
    expect(page.locator("[data-proposal]")).to_contain_text("Invite Guichard")


def test_guests_come_back_with_a_draft(sit: Sit, contact: Any) -> None:
    desk = sit("claire")
    page = desk.open("/events/add?type=meeting")
    page.wait_for_function(BUILT)
    page.locator("#f-guest-ts-control").focus()
    page.keyboard.type("guichard")
    page.keyboard.press("Enter")
    expect(page.locator("[data-guests] [data-row]")).to_have_count(1)
    page.wait_for_timeout(600)  # a draft is kept 400 ms after the last key
    page.close()
    desk.page = desk.context.new_page()
    page = desk.open("/events/add?type=meeting")
    page.wait_for_function(BUILT)
    page.get_by_role("button", name="Restore").click()
    expect(page.locator("[data-guests] [data-name]")).to_have_text(["Guichard"])


def test_the_box_on_a_phone(sit: Sit, contact: Any) -> None:
    page = opened(sit, f"/events/add?contact={contact.id}&type=meeting", viewport=NARROW)
    page.locator("[data-accept]").click()
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= NARROW["width"]
