"""A record in a real browser: what it shows, and what is changed at its place."""

import re

import pytest
from playwright.sync_api import Page, expect

from crm.accounts.models import Account
from crm.leads.models import Lead
from crm.quotes.models import Quote
from tests.browser.conftest import NARROW, Desk, Sit
from tests.factories import make
from tests.fixtures import Acting


@pytest.fixture
def lead(acting: Acting) -> Lead:
    """A lead of Claire's, of whom little is known."""
    with acting("claire"):
        found: Lead = make(Lead, last_name="Durand", city="Lyon", score=3, key_account=True)
    return found


def shown(page: Page) -> list[str]:
    """The labels of the fields that can be seen, above the tabs and below them."""
    fields = page.locator(".c-idline .c-field dt, #record .c-field:visible dt")
    return [text.strip() for text in fields.all_text_contents()]


def opened(sit: Sit, lead: Lead, **options: object) -> Desk:
    desk = sit("claire", **options)
    desk.open(f"/leads/show/{lead.id}")
    return desk


@pytest.mark.parametrize("options", [{}, {"viewport": NARROW}, {"java_script_enabled": False}])
def test_what_is_not_known_is_folded_away_until_asked_for(
    sit: Sit, lead: Lead, options: dict[str, object]
) -> None:
    page = opened(sit, lead, **options).page
    before = shown(page)
    assert {"Last name", "City", "Key account", "Score"} <= {*before}
    assert not {"Website", "Do not call", "Mobile"} & {*before}
    assert len(before) == len({*before}), "each fact once"
    fold = page.locator(".c-fold summary")
    count = int((fold.locator("b").text_content() or "").split()[0])
    fold.focus()
    page.keyboard.press("Enter")
    assert {"Website", "Do not call", "Mobile"} <= {*shown(page)}
    assert len(shown(page)) == len(before) + count
    page.keyboard.press("Enter")
    assert shown(page) == before


def test_an_edit_in_place_opens_the_fold_and_goes_on_to_the_next_field(
    sit: Sit, lead: Lead
) -> None:
    desk = opened(sit, lead)
    page = desk.page
    page.get_by_role("link", name="Edit: Last name").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#fld-last_name input[name=last_name]")).to_be_focused()
    expect(page.locator("#fld-mobile")).to_be_visible()
    page.keyboard.type("Dupond")
    page.keyboard.press("Tab")
    expect(page.locator("#fld-last_name")).to_contain_text("Dupond")
    expect(page.locator("#fld-organization input[name=organization]")).to_be_focused()
    page.keyboard.type("Tissot")
    page.keyboard.press("Enter")
    expect(page.locator("#title")).to_have_text("Tissot, Dupond")
    count = page.locator(".c-fold b").text_content()
    page.get_by_role("link", name="Edit: Mobile").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#fld-mobile input[name=mobile]")).to_be_focused()
    page.keyboard.type("06 39 98 47 11")
    page.keyboard.press("Enter")
    expect(page.locator("#fld-mobile dd").first).to_contain_text("47 11")
    expect(page.locator(".c-fold b")).not_to_have_text(count or "")
    desk.check()


def test_what_stands_above_the_tabs_is_changed_there(sit: Sit, lead: Lead) -> None:
    desk = opened(sit, lead)
    page = desk.page
    page.get_by_role("link", name="Edit: Score").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".c-idline input[name=score][value='3']")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator(".c-idline").get_by_role("img", name="4 out of 5")).to_be_visible()
    expect(page.get_by_role("link", name="Edit: Score")).to_be_focused()
    desk.check()


def test_a_meeting_is_created_from_the_record_by_keyboard_and_leads_back_there(
    sit: Sit, lead: Lead
) -> None:
    desk = opened(sit, lead)
    page = desk.page
    page.get_by_role("button", name="Create an event").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Create a meeting").first).to_be_focused()
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Create a meeting")
    expect(panel.get_by_label("Subject")).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel.get_by_label("Subject")).to_have_attribute("aria-invalid", "true")
    page.keyboard.type("Site visit")
    panel.get_by_role("button", name="Call").focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Create a call")
    expect(panel.get_by_label("Subject")).to_have_value("Site visit")
    panel.get_by_label("Subject").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Site visit created")
    expect(page).to_have_url(f"/leads/show/{lead.id}")
    expect(page.get_by_role("complementary", name="Summary")).to_contain_text("Site visit")
    desk.check()


@pytest.mark.parametrize("scripted", [True, False])
def test_the_whole_form_of_an_event_carries_what_was_typed(
    sit: Sit, lead: Lead, scripted: bool
) -> None:
    page = opened(sit, lead, java_script_enabled=scripted).page
    page.get_by_role("button", name="Create an event").first.click()
    page.get_by_role("menuitem", name="Create a task").click()
    page.get_by_label("Subject").fill("Send the brochure")
    page.get_by_role("button", name="Full form").click()
    expect(page.get_by_label("Description")).to_be_visible()
    expect(page.get_by_label("Subject")).to_have_value("Send the brochure")
    page.get_by_role("button", name="Save").first.click()
    expect(page.locator("#toasts")).to_contain_text("Send the brochure created")
    expect(page).to_have_url(f"/leads/show/{lead.id}")


def test_the_lines_of_a_quote_are_typed_left_and_moved_by_keys(sit: Sit, acting: Acting) -> None:
    with acting("claire"):
        quote = make(Quote, account=make(Account), lines=[])
    desk = sit("claire")
    page = desk.open(f"/quotes/edit/{quote.id}")
    lines = page.locator(".c-lines.edit tbody")
    lines.first.get_by_label("Label").focus()
    for label, price in (("Copier", "100"), ("Paper", "20")):
        page.keyboard.type(label)
        for typed in ("2", "", price):
            page.keyboard.press("Tab")
            page.keyboard.type(typed)
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
    expect(lines).to_have_count(3)
    expect(lines.nth(2).get_by_label("Label")).to_be_focused()
    expect(lines.nth(1).locator("output")).to_have_text("€40.00")
    lines.nth(1).get_by_label("Quantity").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(lines.first.get_by_label("Label")).to_have_value("Paper")
    expect(lines.first.get_by_label("Quantity")).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".c-lines.read tbody tr").first).to_contain_text("Paper")
    expect(page.locator(".c-lines.read tbody tr")).to_have_count(2)
    desk.check()
    # A line at another place is a change by itself, and so is one that goes.
    desk.open(f"/quotes/edit/{quote.id}")
    lines.nth(1).get_by_label("Label").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(lines.first.get_by_label("Label")).to_have_value("Copier")
    lines.nth(1).get_by_role("button", name="Delete the line").click()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".c-lines.read tbody tr")).to_have_count(1)
    expect(page.locator(".c-lines.read tbody tr")).to_contain_text("Copier")


def test_a_phone_folds_a_line_to_three_rows(sit: Sit, acting: Acting) -> None:
    with acting("claire"):
        quote = make(Quote, account=make(Account))
    page = sit("claire", viewport=NARROW).open(f"/quotes/edit/{quote.id}")
    row = page.locator(".c-lines.edit tbody tr").first
    tops = row.locator("td").evaluate_all(
        "cells => [...new Set(cells.map((cell) => Math.round(cell.getBoundingClientRect().top)))]"
    )
    assert len(tops) == 3  # the label, then its figures three by three
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_history_stands_by_day_in_words_under_a_title_of_its_own(sit: Sit, lead: Lead) -> None:
    desk = opened(sit, lead)
    page = desk.page
    page.get_by_role("link", name="Edit: City").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#fld-city input[name=city]")).to_be_focused()
    page.keyboard.type("Lille")
    page.keyboard.press("Enter")
    expect(page.locator("#fld-city")).to_contain_text("Lille")
    first = page.title()
    page.get_by_role("tab", name="Journal").click()
    entries = page.locator("#record li.c-tl")
    expect(page.locator("#record h3").first).to_contain_text("Today, ")
    expect(entries.first).to_contain_text("Claire")
    expect(entries.first).to_contain_text(re.compile(r"City:\s+Lyon\s+becomes\s+Lille"))
    assert page.title() == f"Journal · {first}"
    page.get_by_role("tab", name="Contact details").click()
    assert page.title() == first
    desk.check()
    assert sit("marc").open("/leads/bin/").title() == "Bin · Leads · Comptoir"


def test_the_keys_that_create_start_from_the_record(sit: Sit, lead: Lead) -> None:
    desk = opened(sit, lead)
    for key in ("c", "e"):
        desk.page.keyboard.press(key)
    panel = desk.page.get_by_role("dialog", name="Create a meeting")
    expect(panel.get_by_label("Subject")).to_be_focused()
    desk.check()
