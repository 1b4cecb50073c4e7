"""The outbox and the page of a message."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from crm.core.files import storing as files
from crm.leads.models import Lead
from crm.mail import services, views
from crm.mail.models import Answer, Message, MessageAttachment, MessageAttempt, MessageState
from tests.factories import make
from tests.fixtures import Acting, Cast, Client
from tests.mail.test_services import mail

AsUser = Callable[[str], Client]


@pytest.fixture
def message(acting: Acting, cast: Cast) -> Message:
    """A message of Claire's about a lead, postponed once."""
    with acting("claire") as session:
        lead = make(Lead, last_name="Marchand")
        body = "<p>Good <strong>morning</strong><script>alert(1)</script></p>"
        queued = services.queue(mail(cast, body_html=body, related={"lead": lead.id}))
        queued.tries, queued.last_error = 1, "451 busy"
        queued.attempts.append(MessageAttempt(answer=Answer.POSTPONED, text="451 busy"))
        session.flush()
        return queued


def test_the_outbox_lists_what_its_reader_sent(
    message: Message, as_user: AsUser, cast: Cast
) -> None:
    page = as_user("claire").get("/outbox/list/").text
    assert "Sophie Marchand" in page
    assert "MAIL_URL" in page
    assert "2 of 6" in page
    for person in ("hugo", "marc", "olga"):
        assert "Sophie Marchand" not in as_user(person).get("/outbox/list/").text
    assert "Sophie Marchand" in as_user("alice").get("/outbox/list/?_flt_0_state=queued").text


def test_the_page_of_a_message_shows_it_as_it_is_sent(message: Message, as_user: AsUser) -> None:
    page = as_user("hugo").get(f"/outbox/show/{message.id}").text  # who reads the lead
    for shown in ("<strong>morning</strong>", "sophie@customer.example", "451 busy", "Postponed"):
        assert shown in page
    assert "alert(1)" not in page
    assert "/outbox/cancel/" not in page
    assert as_user("olga").get(f"/outbox/show/{message.id}").status_code == 404


def test_its_sender_cancels_it_and_sends_it_again(
    message: Message, as_user: AsUser, acting: Acting
) -> None:
    claire, at = as_user("claire"), f"?row_version={message.row_version}"
    assert claire.post(f"/outbox/cancel/{message.id}{at}").status_code == 303
    page = claire.get(f"/outbox/show/{message.id}").text
    assert "Cancelled by Claire Colin" in page
    at = f"?row_version={message.row_version + 1}"
    assert claire.post(f"/outbox/send_again/{message.id}{at}").status_code == 303
    with acting("claire") as session:
        assert session.get_one(Message, message.id).state == MessageState.QUEUED


def test_all_failed_ones_are_sent_again(message: Message, as_user: AsUser, acting: Acting) -> None:
    with acting("claire") as session:
        session.get_one(Message, message.id).state = MessageState.FAILED
    as_user("olga").post("/outbox/retry_failed")
    for person, state in (("hugo", MessageState.FAILED), ("claire", MessageState.QUEUED)):
        as_user(person).post("/outbox/retry_failed")
        with acting("claire") as session:
            assert session.get_one(Message, message.id).state == state


def test_a_click_sends_many_failed_ones_again_and_says_how_many_are_left(
    acting: Acting, cast: Cast, as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "AT_ONCE", 3)
    monkeypatch.setattr(views, "PIECE", 2)
    with acting("claire") as session:
        for number in range(5):
            made = services.queue(mail(cast, cause=f"test:{number}"))
            made.state = MessageState.FAILED
        make(Lead, email="sophie@customer.example", do_not_email=True, last_name="Marchand")
        made.to_address = "other@customer.example"
        session.flush()
    claire = as_user("claire")
    page = claire.post("/outbox/retry_failed", follow_redirects=True).text
    assert "3 e-mails skipped: their recipients refuse e-mails or have no address" in page
    assert "2 failed e-mails are left." in page
    page = claire.post("/outbox/retry_failed", follow_redirects=True).text
    assert "1 e-mail queued again" in page
    assert "are left" not in page


def test_a_test_goes_to_whoever_asks_for_it(as_user: AsUser, acting: Acting) -> None:
    assert as_user("claire").post("/outbox/send_test").status_code == 303
    with acting("claire") as session:
        (sent,) = session.scalars(select(Message)).unique()
        assert (sent.to_name, sent.kind) == ("Claire Colin", "test")
    assert as_user("audrey").post("/outbox/send_test").status_code == 403


def test_an_attachment_is_downloaded_by_who_reads_the_message(
    message: Message, as_user: AsUser, acting: Acting
) -> None:
    with acting("claire") as session:
        file = files.keep_made(b"content", "Tarif <b>2027.pdf", "application/pdf")
        session.add(file)
        found = session.get_one(Message, message.id)
        found.attachments.append(MessageAttachment(file=file))
    page = as_user("hugo").get(f"/outbox/show/{message.id}").text
    assert "Tarif &lt;b&gt;2027.pdf" in page
    answer = as_user("hugo").get(f"/outbox/file/{message.id}/0")
    assert answer.data == b"content"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert as_user("hugo").get(f"/outbox/file/{message.id}/1").status_code == 404
    assert as_user("olga").get(f"/outbox/file/{message.id}/0").status_code == 404
