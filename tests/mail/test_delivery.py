"""What is due leaves once, is tried again or fails, and says so."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from crm.companies.models import User
from crm.core.files import storing as files
from crm.core.outage import Outage, unavailable
from crm.core.types import utcnow
from crm.mail import connection, delivery, outcomes, services
from crm.mail.models import Answer, Message, MessageKind, MessageState, SkipReason
from crm.mail.signals import message_failed
from tests.fixtures import Acting, Cast
from tests.mail.delivering import Everything, delivered, now_due, queued, row
from tests.mail.postbox import OK, Postbox
from tests.mail.test_services import mail

pytestmark = pytest.mark.both


def test_a_mail_is_complete(app: Flask, acting: Acting, cast: Cast, postbox: Postbox) -> None:
    text = "Voilà : " + "é" * 2000
    (message,) = queued(
        acting, cast, subject="Votre devis n° 42, à l’œil", to_name="Zoë Müller-Œuvray",
        body_html=f"<p>{text}</p>", body_text=text, reply_name="Claire", reply_to="c@acme.example",
        automatic=True,
    )  # fmt: skip
    assert delivered(app) == 1
    (got,) = postbox.mails
    assert got["Message-ID"] == f"<{message.message_id}>"
    assert got["Subject"] == message.subject
    assert got["To"] == "Zoë Müller-Œuvray <sophie@customer.example>"
    assert got["From"].addresses[0].addr_spec == "crm@acme.example"
    assert got["Reply-To"] == "Claire <c@acme.example>"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got["List-Unsubscribe"].endswith(">, <mailto:c@acme.example?subject=unsubscribe>")
    plain, html = (got.get_body((kind,)) for kind in ("plain", "html"))
    assert plain.get_content().startswith(f"{text}\n\nUnsubscribe: http")
    assert html.get_content().startswith(f"<p>{text}</p><p><a href=")
    assert max(len(line) for line in postbox.raw[0].splitlines()) < 998


def test_an_attachment_has_its_name_and_no_second_header(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, postbox: Postbox
) -> None:
    with acting("claire") as session:
        good, bad = (
            files.keep_made(b"%PDF", name, "application/pdf")
            for name in ("Été 2027.pdf", "a.pdf\r\nBcc: everybody@example.com")
        )
        session.add_all([good, bad])
        services.queue(mail(cast, attachments=[good, bad]))
    assert delivered(app) == 1
    (got,) = postbox.mails
    first, second = got.iter_attachments()
    assert (first.get_filename(), first.get_content()) == ("Été 2027.pdf", b"%PDF")
    assert second["Bcc"] is got["Bcc"] is None
    with everything() as session:
        message = session.scalars(select(Message)).unique().one()
        message.state, message.next_try_at = MessageState.QUEUED, utcnow()
        files.remove([good.key])
    assert delivered(app) == 0
    assert row(everything, message).state == MessageState.FAILED


def test_all_of_a_batch_leave_once_over_one_connection(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, postbox: Postbox
) -> None:
    messages = queued(acting, cast, 5, transactional=True)
    assert (delivered(app), delivered(app)) == (5, 0)
    assert len(postbox.mails) == 5
    assert len(postbox.sessions) == 1
    assert postbox.mails[0]["List-Unsubscribe"] is postbox.mails[0]["Auto-Submitted"] is None
    sent = row(everything, messages[0])
    assert (sent.state, sent.tries, sent.lease_token) == (MessageState.SENT, 1, None)
    assert sent.sent_at is not None
    assert [one.answer for one in sent.attempts] == [Answer.ACCEPTED]


def test_a_server_that_looks_into_mails_for_long_gets_each_once(
    app: Flask, acting: Acting, cast: Cast, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "TIMEOUT", 0.5)
    postbox.accepting = 0.7
    queued(acting, cast, 2)
    assert delivered(app) == len(postbox.mails) == 2


def test_a_server_that_ends_the_connection_gets_the_next_mail_over_another(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, postbox: Postbox
) -> None:
    answers = iter(["421 Too many mails"])
    postbox.rcpt = lambda address: next(answers, OK)
    messages = queued(acting, cast, 2)
    assert delivered(app) == 1
    assert [row(everything, one).tries for one in messages] == [1, 1]
    assert row(everything, messages[1]).state == MessageState.SENT


def test_addresses_of_another_alphabet_are_written_by_the_rules_in_force(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, postbox: Postbox
) -> None:
    asked: list[str] = []
    postbox.rcpt = lambda address: asked.append(address) or OK  # type: ignore[func-returns-value]
    (message,) = queued(
        acting, cast, to_address="s@straße.example", sender_address="crm@müller.example",
        reply_to="claire@bücher.example",
    )  # fmt: skip
    assert delivered(app) == 1, row(everything, message).last_error
    assert asked == ["s@xn--strae-oqa.example"]
    (mail,) = postbox.mails
    assert mail["From"].addresses[0].addr_spec == "crm@xn--mller-kva.example"
    assert "<mailto:claire@xn--bcher-kva.example?subject=unsubscribe>" in mail["List-Unsubscribe"]
    assert mail["Message-ID"].endswith("@xn--mller-kva.example>")


def test_an_address_that_no_server_takes_is_skipped(acting: Acting, cast: Cast) -> None:
    (message,) = queued(acting, cast, to_address="zoë@customer.example")
    assert message.reason == SkipReason.BAD_ADDRESS


def test_long_names_arrive_as_they_are(
    app: Flask, acting: Acting, cast: Cast, postbox: Postbox
) -> None:
    names = ("Établissements Müller, « Les Presses » & Frères " * 2, "Zoë 😀" * 20)
    queued(acting, cast, to_name=names[0], sender_name=names[1], subject="é" * 255)
    delivered(app)
    arrived = message_from_bytes(postbox.raw[0])
    shown = {
        name: str(make_header(decode_header(arrived[name]))) for name in ("To", "From", "Subject")
    }
    assert names[0].strip() in shown["To"]
    assert names[1] in shown["From"]
    assert shown["Subject"] == "é" * 255


def test_a_server_that_is_busy_gets_the_mail_again_until_the_last_try(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, postbox: Postbox
) -> None:
    postbox.rcpt = lambda address: "451 Try later"
    (message,) = queued(acting, cast)
    for tries, minutes in enumerate((1, 5, 30, 120, 720), start=1):
        before = utcnow()
        assert delivered(app) == 0
        found = row(everything, message)
        assert (found.state, found.tries) == (MessageState.QUEUED, tries)
        assert found.last_error == "451 Try later"
        assert timedelta() <= found.next_try_at - before - timedelta(minutes=minutes)  # type: ignore[operator]
        assert delivered(app) == 0, "it is not due yet"
        now_due(everything)
    told: list[int] = []
    with message_failed.connected_to(lambda failed: told.append(failed.id)):
        delivered(app)
    found = row(everything, message)
    assert (found.state, found.tries, told) == (MessageState.FAILED, 6, [message.id])
    assert {one.answer for one in found.attempts} == {Answer.POSTPONED}
    postbox.rcpt = lambda address: "250 OK"
    with acting("claire") as session:
        services.send_again(session.get_one(Message, message.id))
    assert delivered(app) == 1


def test_a_refusal_for_good_fails_at_once_and_keeps_no_other_mail(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, postbox: Postbox
) -> None:
    postbox.rcpt = lambda address: "550 5.1.1 Unknown" if "sophie" in address else "250 OK"
    (refused,) = queued(acting, cast)
    queued(acting, cast, cause="test:other", to_address="paul@customer.example")
    assert delivered(app) == 1
    found = row(everything, refused)
    assert (found.state, found.tries) == (MessageState.FAILED, 1)
    assert found.last_error == "550 5.1.1 Unknown"
    assert [one.answer for one in found.attempts] == [Answer.REFUSED]


def test_a_server_that_is_away_holds_nothing_up(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, postbox: Postbox
) -> None:
    config = app.extensions["crm.config"]
    away = replace(config.mail, port=1)
    app.extensions["crm.config"] = replace(config, mail=away)
    messages = queued(acting, cast, 2)
    assert delivered(app) == 0
    assert [row(everything, one).tries for one in messages] == [1, 0], "one try tells for all"
    app.extensions["crm.config"] = config
    now_due(everything)
    assert delivered(app) == 2


def test_without_a_server_they_wait(
    app: Flask, acting: Acting, cast: Cast, everything: Everything
) -> None:
    (message,) = queued(acting, cast)
    assert delivered(app) == 0
    found = row(everything, message)
    assert (found.state, found.tries) == (MessageState.QUEUED, 0)


def test_a_server_that_ends_badly_has_the_mail_all_the_same(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, postbox: Postbox
) -> None:
    postbox.quit = "421 Gone"
    (message,) = queued(acting, cast)
    assert (delivered(app), delivered(app)) == (1, 0)
    assert row(everything, message).state == MessageState.SENT


def test_a_mail_that_was_accepted_is_marked_although_the_database_is_away_for_a_moment(
    app: Flask, acting: Acting, cast: Cast, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock, failures = outcomes.write, iter([True, True])

    def write(*args: Any) -> None:
        if next(failures, False):
            raise unavailable(Outage.SILENT)
        stock(*args)

    monkeypatch.setattr(outcomes, "write", write)
    monkeypatch.setattr(delivery, "WRITE_PAUSES", (0.0, 0.0, 0.0))
    queued(acting, cast)
    assert (delivered(app), delivered(app)) == (1, 0)


def test_a_server_that_closes_after_each_mail_holds_nothing_back(
    app: Flask, acting: Acting, cast: Cast, postbox: Postbox
) -> None:
    async def close(*given: Any) -> str:
        return "421 4.4.2 one mail for each connection"

    postbox.handle_NOOP = close  # type: ignore[attr-defined]  # one that aiosmtpd looks for
    queued(acting, cast, 3)
    assert delivered(app) == 3
    assert len(postbox.sessions) == 3


def test_what_somebody_may_see_does_not_leave_once_their_account_is_closed(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, postbox: Postbox
) -> None:
    kinds = {"kind": MessageKind.REPORT, "owner_id": cast.hugo}
    (report,) = queued(acting, cast, cause="test:report", **kinds)
    (free,) = queued(acting, cast, owner_id=cast.hugo, transactional=True)
    with everything() as session:
        session.get_one(User, cast.hugo).active = False
    assert delivered(app) == 1
    assert row(everything, free).state == MessageState.SENT
    refused = row(everything, report)
    assert refused.state == MessageState.FAILED
    assert refused.last_error == "The account is deactivated"
