"""The outbox and a message: seen, cancelled and sent again by keyboard, readable on a phone."""

import re

from playwright.sync_api import expect

from crm.core.files import storing as files
from crm.leads.models import Lead
from crm.mail import services
from crm.mail.models import Answer, Message, MessageAttempt, MessageState, SkipReason
from tests.browser.axe import LEVELS, look
from tests.browser.conftest import NARROW, Sit
from tests.factories import make
from tests.fixtures import Acting, Cast
from tests.mail.test_services import mail

BODY = "<p>Bonjour Madame Marchand,</p><p>Voici notre devis <strong>D-42</strong>.</p>"


def write(acting: Acting, cast: Cast) -> Message:
    """Claire's messages; the one that failed."""
    with acting("claire") as session:
        lead = make(Lead, organization="Bâti-Rhône SARL", last_name="Marchand")
        file = files.keep_made(b"%PDF" * 900, "D-2027-00042.pdf", "application/pdf")
        session.add(file)
        failed = services.queue(
            mail(
                cast, subject="Votre devis D-2027-00042", body_html=BODY, attachments=[file],
                related={"lead": lead.id}, reply_name="Claire Colin", reply_to="c@acme.example",
            )
        )  # fmt: skip
        failed.state, failed.tries, failed.last_error = MessageState.FAILED, 2, "550 5.1.1 Unknown"
        for answer, text in ((Answer.POSTPONED, "451 Busy"), (Answer.REFUSED, failed.last_error)):
            failed.attempts.append(MessageAttempt(answer=answer, text=text))
        services.queue(mail(cast, cause="test:2", subject="Notre échange au salon"))
        services.skip(
            mail(cast, cause="test:3", subject="Tarif 2027", to_name="Élodie Besnard"),
            SkipReason.DO_NOT_EMAIL,
        )
        session.flush()
        return failed


def test_a_message_is_cancelled_and_sent_again_by_keyboard(
    sit: Sit, acting: Acting, cast: Cast, axe: str
) -> None:
    failed = write(acting, cast)
    desk = sit("claire")
    page = desk.open("/outbox/list/")
    expect(page.get_by_role("row")).to_have_count(4)
    expect(page.get_by_text("MAIL_URL")).to_be_visible()
    assert look(desk, axe, LEVELS) == []
    page.get_by_role("link", name="Votre devis D-2027-00042").press("Enter")
    expect(page).to_have_url(re.compile(f"/outbox/show/{failed.id}"))
    expect(page.get_by_text("550 5.1.1 Unknown").first).to_be_visible()
    assert look(desk, axe, LEVELS) == []
    page.get_by_role("button", name="Send again").press("Enter")
    expect(page.locator(".c-idline")).to_contain_text("Queued")
    page.get_by_role("button", name="Cancel").press("Enter")
    expect(page.locator(".c-idline")).to_contain_text("Cancelled")
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.locator(".c-idline")).to_contain_text("Queued")
    desk.check()


def test_a_phone_shows_the_outbox_and_a_message(sit: Sit, acting: Acting, cast: Cast) -> None:
    failed = write(acting, cast)
    desk = sit("claire", viewport=NARROW)
    for path in ("/outbox/list/", f"/outbox/show/{failed.id}"):
        page = desk.open(path)
        expect(page.get_by_text("Votre devis D-2027-00042").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
    desk.check()
