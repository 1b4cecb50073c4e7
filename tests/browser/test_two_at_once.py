"""Two people, two tabs, two clicks: with real keys, in a real browser."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from crm.accounts.models import Account
from crm.opportunities.models import Opportunity
from tests.browser.conftest import Sit
from tests.factories import again, make, save
from tests.fixtures import Acting

Everything = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def deal(acting: Acting) -> Opportunity:
    """Claire's opportunity, at 18,500."""
    with acting("claire"):
        found: Opportunity = make(Opportunity, account=make(Account), amount=Decimal(18500))
    return found


def raised(acting: Acting, deal: Opportunity) -> None:
    """Marc makes it 25,000."""
    with acting("marc"):
        save(again(deal), amount=Decimal(25000))


def press(page: Page, role: str, name: str, key: str = "Enter") -> None:
    """Focus a control as Tab would, and press the key."""
    page.get_by_role(role, name=name, exact=True).first.focus()
    page.keyboard.press(key)


def test_an_old_dialog_confirmed_late_asks_again_with_both_amounts(
    sit: Sit, acting: Acting, deal: Opportunity, everything: Everything
) -> None:
    desk = sit("claire")
    page = desk.open(f"/opportunities/show/{deal.id}")
    press(page, "link", "Win")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Amount")).to_have_value("18500.00")
    raised(acting, deal)
    dialog.get_by_label("Amount").focus()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Marc Morel changed this record")
    expect(dialog.get_by_role("alert")).to_contain_text("18,500.00")
    expect(dialog.get_by_role("alert")).to_contain_text("25,000.00")
    expect(dialog.get_by_label("Amount")).to_have_value("25000.00")
    with everything() as session:
        assert not session.get_one(Opportunity, deal.id).is_closed
    dialog.get_by_label("Amount").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Opportunity won")
    with everything() as session:
        assert session.get_one(Opportunity, deal.id).amount == Decimal(25000)
    desk.check()


def test_two_quick_enters_win_once(sit: Sit, deal: Opportunity) -> None:
    desk = sit("claire")
    page = desk.open(f"/opportunities/show/{deal.id}")
    press(page, "link", "Win")
    page.get_by_role("dialog").get_by_label("Amount").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Opportunity won")
    expect(page.get_by_role("alert")).to_have_count(0)
    desk.check()


def test_the_page_that_back_leads_to_does_nothing_twice(
    sit: Sit, deal: Opportunity, everything: Everything
) -> None:
    desk = sit("claire")
    page = desk.open(f"/opportunities/win/{deal.id}")
    page.get_by_label("Amount").focus()
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile(r"/opportunities/show/"))
    page.go_back()
    if "/win/" in page.url:  # kept by the browser, as it was left
        page.get_by_label("Amount").focus()
        page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").first).to_be_visible()
    with everything() as session:
        assert session.get_one(Opportunity, deal.id).amount == Decimal(18500)
    desk.check()


def test_a_button_of_an_old_tab_shows_the_record_again(
    sit: Sit, acting: Acting, deal: Opportunity
) -> None:
    desk = sit("claire")
    page = desk.open(f"/opportunities/show/{deal.id}")
    other = desk.context.new_page()
    other.goto(f"/opportunities/show/{deal.id}")
    raised(acting, deal)
    press(page, "button", "Proposal 50%")
    expect(page.get_by_role("alert")).to_contain_text("25,000.00")
    expect(page.get_by_role("alert")).to_be_focused()
    press(page, "button", "Proposal 50%")
    expect(page.locator("[aria-current=step]")).to_contain_text("Proposal")
    press(other, "link", "Lose")
    expect(other.get_by_role("dialog")).to_be_visible()
    desk.check()


def test_an_edit_in_place_that_somebody_overtook_shows_both(
    sit: Sit, acting: Acting, deal: Opportunity, everything: Everything
) -> None:
    desk = sit("claire")
    page = desk.open(f"/opportunities/show/{deal.id}")
    press(page, "link", "Edit: Amount")
    box = page.locator("#fld-amount input[name=amount]")
    expect(box).to_be_focused()
    raised(acting, deal)
    page.keyboard.type("19000")
    page.keyboard.press("Enter")
    field = page.locator("#fld-amount")
    expect(field.get_by_role("alert")).to_contain_text("25,000.00")
    expect(field.get_by_role("alert")).to_contain_text("you typed: 19000")
    expect(box).to_have_value("19000")
    box.focus()
    page.keyboard.press("Enter")
    expect(field).to_contain_text("19,000.00")
    with everything() as session:
        assert session.get_one(Opportunity, deal.id).amount == Decimal(19000)
    desk.check()
