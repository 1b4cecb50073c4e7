"""A salesperson's day by keys alone: from a lead to a quote in the customer's mailbox."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Account, AccountKind
from crm.calendar.models import Event
from crm.companies.models import AppSettings
from crm.mail.models import Message, MessageKind
from crm.quotes.models import Quote, QuoteStatus
from tests.browser.conftest import Sit
from tests.factories import again, make, save
from tests.fixtures import Acting
from tests.leads.test_converting import full_lead, with_past
from tests.quotes.test_states import YEAR

Everything = Callable[[], AbstractContextManager[Session]]

# What is called so: by its name for those who do not see it, its label, its words.
FOCUSED = """() => {
  const at = document.activeElement;
  const words = at.ariaLabel || (at.labels?.[0] ?? at).innerText || "";
  return words.trim().split("\\n")[0];
}"""
# (label, quantity, unit price) of the quote's lines.
LINES = (
    ("Printer A3", "10", "450"),
    ("Printer A4", "30", "80.50"),
    ("Delivery", "1", "120"),
    ("Fitting", "4.5", "60"),
    ("Training", "2", "300"),
)


def reach(page: Page, name: str, stops: int, key: str = "Tab") -> None:
    """Press `key` until what is called `name` has the focus, at most `stops` times."""
    passed = []
    for _ in range(stops + 1):
        passed.append(page.evaluate(FOCUSED))
        if passed[-1] == name:
            return
        page.keyboard.press(key)
    pytest.fail(f"{name!r} is more than {stops} keys away: {passed}")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


@pytest.mark.accept("A-32", "A-61")
def test_a_lead_becomes_a_quote_that_is_sent_by_keys_alone(
    sit: Sit, acting: Acting, everything: Everything
) -> None:
    with acting("claire") as session:
        lead = with_past(full_lead())
        session.commit()
    desk = sit("claire")
    page = desk.open("/")
    press(page, "g", "l")
    page.wait_for_url("**/leads/list/**")
    press(page, "j", "Enter")
    page.wait_for_url(f"**/leads/show/{lead.id}")
    convert(page, lead)
    make_quote(page)
    send(page)
    desk.check()
    with acting("claire"):
        became = again(lead)
        assert_converted(became)
    with everything() as session:
        assert_quoted(session, became)


def convert(page: Page, lead: Any) -> None:
    """To a new prospect, a new contact and an opportunity of 8 000 €."""
    press(page, "v")
    page.wait_for_url(f"**/leads/convert/{lead.id}")
    expect(page.locator("[name=account_mode]:checked")).to_be_focused()
    press(page, "Alt+PageDown", "Alt+PageDown")
    expect(page.locator("[name=with_opportunity]")).to_be_focused()
    press(page, "Space")
    reach(page, "Amount", 3)
    page.keyboard.type("8,000.00")
    expect(page.locator("#conv-sentences")).to_contain_text("is created, €8,000.00")
    press(page, "Control+Enter")
    page.wait_for_url(f"**/leads/show/{lead.id}")


def make_quote(page: Page) -> None:
    """Five lines, on the opportunity that the conversion made."""
    reach(page, "Bâti Rhône – Trade show", 20)
    press(page, "Enter")
    page.wait_for_url("**/opportunities/show/*")
    press(page, "c", "q")
    page.wait_for_url("**/quotes/add*")
    expect(page.locator("#f-lines-0-label")).to_be_visible()
    reach(page, "Label", 20)
    for index, (label, quantity, price) in enumerate(LINES):
        expect(page.locator(f"#f-lines-{index}-label")).to_be_focused()
        press(page, "Control+A")  # the first one proposes the opportunity's name
        page.keyboard.type(label)
        press(page, "Tab")
        page.keyboard.type(quantity)
        press(page, "Tab", "Tab")
        page.keyboard.type(price)
        if index < len(LINES) - 1:
            press(page, "Enter")
    press(page, "Control+Enter")
    page.wait_for_url("**/quotes/show/*")


def send(page: Page) -> None:
    """Finalise the quote, then mail it."""
    reach(page, "Finalise", 10, "Shift+Tab")
    press(page, "Enter")
    expect(page.get_by_role("dialog")).to_contain_text(f"D-{YEAR}-00001")
    reach(page, "Finalise", 5)
    press(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"D-{YEAR}-00001")
    reach(page, "Send", 10, "Shift+Tab")
    press(page, "Enter")
    page.wait_for_url("**/outbox/compose**")
    press(page, "Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("leaves in 10 seconds")


def assert_converted(lead: Any) -> None:
    account, contact, deal = lead.account, lead.contact, lead.opportunity
    assert (account.name, account.kind.value, account.phone) == (
        "Bâti Rhône",
        "prospect",
        "+33465712018",
    )
    assert account.notes == lead.description
    assert (contact.name, contact.email) == ("Sophie Marchand", lead.email)
    assert (deal.amount, deal.account, deal.contact) == (Decimal(8000), account, contact)
    assert str(lead.status) == "Converted"


def assert_quoted(session: Session, lead: Any) -> None:
    quote = session.scalars(select(Quote)).one()
    assert (quote.number, quote.status) == (f"D-{YEAR}-00001", QuoteStatus.SENT)
    assert (quote.account_id, quote.contact_id) == (lead.account_id, lead.contact_id)
    assert quote.opportunity_id == lead.opportunity_id
    assert [(one.label, one.quantity, one.unit_price) for one in quote.lines] == [
        (label, Decimal(quantity), Decimal(price)) for label, quantity, price in LINES
    ]
    assert quote.total_excl == Decimal("7905.00")
    mail = session.scalars(select(Message).where(Message.kind == MessageKind.QUOTE)).one()
    assert (mail.to_address, mail.state.value) == (lead.email, "queued")
    [attached] = mail.attachments
    assert attached.file_id == quote.pdf_id
    for past in session.scalars(select(Event)):
        assert (past.account_id, past.opportunity_id) == (lead.account_id, lead.opportunity_id)


@pytest.mark.parametrize("width", [1440, 1200])
def test_a_name_has_room_beside_the_actions_of_a_prospect(
    sit: Sit, acting: Acting, width: int
) -> None:
    with acting("alice") as session:
        save(session.get_one(AppSettings, 1), manage_prospect_status=True)
    with acting("claire"):
        account = make(Account, name="Boulangerie Robin", kind=AccountKind.PROSPECT)
    desk = sit("claire", viewport={"width": width, "height": 900})
    page = desk.open(f"/prospects/show/{account.id}")
    title = page.get_by_role("heading", level=1).bounding_box()
    assert title is not None
    assert title["height"] < 40, "one line"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="More actions").first.press("Enter")
    expect(page.get_by_role("menuitem", name="Win")).to_be_visible()
    desk.check()
