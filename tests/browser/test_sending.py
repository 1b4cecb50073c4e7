"""An e-mail is written at the side of a lead, by keyboard, and undone."""

import re

from playwright.sync_api import expect

from crm.leads.models import Lead
from tests.browser.axe import LEVELS, look
from tests.browser.conftest import Sit
from tests.factories import make
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
