"""An e-mail is written at the side of a lead, a catalogue sent to many; by keyboard, and undone."""

import re

from playwright.sync_api import Page, expect

from crm.accounts.models import Account, AccountContact, Contact
from crm.companies.models import AppSettings
from crm.leads.models import Lead
from tests.browser.axe import LEVELS, look
from tests.browser.conftest import Sit
from tests.catalog.test_services import catalog
from tests.factories import make, save
from tests.fixtures import Acting


def test_an_email_is_sent_from_a_lead_and_undone_by_keyboard(
    sit: Sit, acting: Acting, axe: str
) -> None:
    with acting("claire"):
        lead = make(Lead, last_name="Marchand", first_name="Sophie", email="sophie@arc.example")
    desk = sit("claire")
    page = desk.open(f"/leads/show/{lead.id}")
    page.get_by_role("link", name="Send an e-mail").press("Enter")
    dialog = page.get_by_role("dialog", name="Send an e-mail")
    to = dialog.get_by_role("combobox", name="To")
    expect(to).to_be_focused()
    expect(to).to_have_value("sophie@arc.example")
    subject = dialog.get_by_label("Subject")
    expect(subject).to_have_value("Suite à notre échange")
    assert look(desk, axe, LEVELS) == []
    subject.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("Two dates")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("E-mail to Sophie Marchand leaves in 10 seconds")).to_be_visible()
    expect(page.get_by_role("tab", name=re.compile("E-mails")).or_(
        page.get_by_role("link", name=re.compile("E-mails"))
    ).first).to_contain_text("1")  # fmt: skip
    page.keyboard.press("Control+Z")
    expect(page).to_have_url(re.compile(rf"/outbox/compose\?lead={lead.id}&again="))
    expect(page.get_by_label("Subject")).to_have_value("Two dates")
    expect(page.get_by_text("E-mail not sent")).to_be_visible()
    desk.check()


def choose(page: Page, field: str, name: str) -> None:
    """Choose in a picker what its name begins with."""
    page.get_by_role("combobox", name=field, exact=True).focus()
    page.keyboard.type(name)
    expect(page.get_by_role("option", name=re.compile(name))).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".ts-wrapper .item", has_text=name)).to_be_visible()


def test_a_catalogue_is_sent_to_many_and_undone_by_keyboard(
    sit: Sit, acting: Acting, axe: str
) -> None:
    with acting("alice") as session:
        save(session.get_one(AppSettings, 1), manage_catalogs=True)
    with acting("claire"):
        made = catalog(name="Gamme 2027")
        guichard = make(Contact, last_name="Guichard", email="guichard@arc.example")
        make(Contact, last_name="Petit", email="petit@arc.example", do_not_email=True)
        arc = make(Account, name="Arc")
        roche = make(Contact, last_name="Roche", email="roche@arc.example")
        arc.links.append(AccountContact(contact=roche, is_main=True))
        make(Account, name="Boulangerie")
        make(Lead, last_name="Marchand", email="marchand@arc.example")
    desk = sit("claire")
    page = desk.open(f"/catalogs/show/{made.id}")
    page.get_by_role("link", name="Send", exact=True).press("Enter")
    expect(page.get_by_role("combobox", name="Contacts", exact=True)).to_be_focused()
    for field, names in (
        ("Contacts", ("Guichard", "Petit")),
        ("Main contacts of these accounts", ("Arc", "Boulangerie")),
        ("Leads", ("Marchand",)),
    ):
        for name in names:
            choose(page, field, name)
    page.keyboard.press("Control+Enter")
    leaving = page.get_by_role("region", name="3 e-mails will leave")
    expect(leaving.get_by_role("listitem")).to_have_text(
        [re.compile("Guichard"), re.compile("Roche roche@arc.example, Arc"), re.compile("Marchand")]
    )
    left_out = page.get_by_role("region", name="2 are left out").get_by_role("listitem")
    expect(left_out).to_have_text(["Petit Refuses e-mails", "Boulangerie No main contact"])
    expect(leaving.get_by_role("heading")).to_be_focused()
    assert look(desk, axe, LEVELS) == []

    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("3 e-mails leave in 10 seconds")).to_be_visible()
    page.keyboard.press("Control+Z")
    expect(page.get_by_text("3 e-mails not sent")).to_be_visible()
    expect(page.locator(".ts-wrapper .item")).to_have_count(3)
    page.keyboard.press("Control+Enter")
    expect(leaving).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("3 e-mails leave in 10 seconds")).to_be_visible()
    sent = desk.open(f"/contacts/show/{guichard.id}").get_by_role("tab", name="Catalogues sent")
    sent.press("Enter")
    rows = page.get_by_role("tabpanel").get_by_role("row").filter(has_text="Gamme 2027")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Queued")
    expect(rows.last).to_contain_text("Cancelled")
    desk.check()
