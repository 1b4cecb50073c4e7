"""What is due leaves once, is tried again or fails, and says so."""

import smtplib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from crm.companies.models import AppSettings, CompanySettings
from crm.core import jobs
from crm.core.db import db
from crm.core.files import storing as files
from crm.core.mail_url import parse_mail_url
from crm.core.outage import Outage, unavailable
from crm.core.rows import unfiltered
from crm.core.types import utcnow
from crm.mail import claiming, connection, delivery, outcomes, services
from crm.mail.delivery import deliver
from crm.mail.models import Answer, Message, MessageAttempt, MessageState, SkipReason
from crm.mail.queue import queue_of
from crm.mail.signals import message_failed
from tests.fixtures import Acting, Cast
from tests.mail.postbox import OK, Postbox, open_postbox
from tests.mail.test_services import mail

pytestmark = pytest.mark.both
Everything = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def postbox(app: Flask) -> Iterator[Postbox]:
    """The mail server of the installation."""
    config = app.extensions["crm.config"]
    with open_postbox() as box:
        server = parse_mail_url(f"smtp://127.0.0.1:{box.port}/?from=crm@acme.example")
        app.extensions["crm.config"] = replace(config, mail=server)
        yield box
    app.extensions["crm.config"] = config


def queued(acting: Acting, cast: Cast, count: int = 1, **given: Any) -> list[Message]:
    """Messages that Claire causes."""
    with acting("claire"):
        return [
            services.queue(mail(cast, **({"cause": f"test:{number}"} | given)))
            for number in range(count)
        ]


def delivered(app: Flask) -> int:
    with app.app_context():
        return deliver()


def now_due(everything: Everything) -> None:
    """Let the next try of every message be due."""
    with everything() as session:
        session.execute(
            update(Message).where(Message.next_try_at.is_not(None)).values(next_try_at=utcnow())
        )


def row(everything: Everything, message: Message) -> Message:
    with everything() as session:
        found = session.get_one(Message, message.id, populate_existing=True)
        assert found.attempts is not None
        return found


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
    assert got["List-Unsubscribe"] == "<mailto:c@acme.example?subject=unsubscribe>"
    plain, html = (got.get_body((kind,)) for kind in ("plain", "html"))
    assert plain.get_content().strip() == text
    assert html.get_content().strip() == f"<p>{text}</p>"
    assert max(len(line) for line in postbox.raw[0].splitlines()) < 998


def test_a_mail_waits_while_the_store_of_its_attachments_is_away() -> None:
    for error in (TimeoutError("the store"), PermissionError("the store"), RuntimeError("?")):
        assert outcomes.unsendable(error).answer is Answer.POSTPONED
    for error in (FileNotFoundError("gone"), ValueError("no mail")):
        assert outcomes.unsendable(error).answer is Answer.REFUSED


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
    assert mail["List-Unsubscribe"] == "<mailto:claire@xn--bcher-kva.example?subject=unsubscribe>"
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


def test_a_dead_workers_message_is_taken_by_another_when_its_lease_ran_out(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, postbox: Postbox
) -> None:
    (message,) = queued(acting, cast)
    with app.app_context(), unfiltered("a worker"):
        dead = claiming.claim()
        assert dead is not None
        assert claiming.claim() is None, "it is leased"
    assert delivered(app) == 0
    with acting("claire") as session:
        refusal = services.refusal(session.get_one(Message, message.id), MessageState.CANCELLED)
        assert refusal == "This e-mail is being sent right now."
    with everything() as session:
        session.execute(update(Message).values(lease_until=utcnow() - timedelta(seconds=1)))
    assert delivered(app) == 1
    with app.app_context(), unfiltered("a worker"):
        outcomes.write(dead, outcomes.away(OSError("late")))
    assert row(everything, message).state == MessageState.SENT, "the dead one has no say"


def test_limits_hold_and_companies_take_turns(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, postbox: Postbox
) -> None:
    with everything() as session:
        session.execute(update(AppSettings).values(mails_per_minute=5))
        france = CompanySettings.company_id == cast.france
        session.execute(update(CompanySettings).where(france).values(mails_per_minute=4))
    queued(acting, cast, 6)
    with acting("olga"):
        for number in range(2):
            services.queue(
                mail(cast, cause=f"olga:{number}", company_id=cast.iberia, to_name="Of Olga")
            )
    assert delivered(app) == 5
    names = [str(one["To"]).partition(" <")[0] for one in postbox.mails]
    assert names.count("Of Olga") == 2, "a long queue does not hold up another company"
    with everything() as session:
        past = utcnow() - timedelta(seconds=61)
        session.execute(update(MessageAttempt).values(at=past))
        session.execute(update(AppSettings).values(mails_per_minute=100))
    assert delivered(app) == 3


def test_the_worker_is_woken_after_the_commit_and_not_before(
    app: Flask, acting: Acting, cast: Cast
) -> None:
    with app.app_context():
        waiting = queue_of(app).huey
    waiting.flush()
    with acting("claire"):
        services.queue(mail(cast))
        assert waiting.pending_count() == 0
    assert waiting.pending_count() == 1
    later = utcnow() + timedelta(seconds=10)
    with acting("claire"):
        services.queue(mail(cast, cause="test:later", due_at=later))
    assert waiting.scheduled_count() + waiting.pending_count() == 2
    waiting.flush()


def test_a_clock_that_was_wrong_for_a_while_holds_nothing_up(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, postbox: Postbox
) -> None:
    (message, _other) = queued(acting, cast, 2)
    later = utcnow() + timedelta(days=3650)
    with everything() as session:
        session.execute(update(AppSettings).values(mails_per_minute=2))
        session.execute(update(Message).values(lease_until=later, lease_token="dead"))
        answer = Answer.POSTPONED
        session.add_all(
            MessageAttempt(message_id=message.id, at=later, answer=answer) for _ in range(2)
        )
    assert delivered(app) == 2
    with app.app_context():
        jobs.run_due()
    with everything() as session:
        session.execute(update(jobs.JobRow).values(due_at=later, lease_until=later))
    with app.app_context():
        assert {"files", "public links"} <= set(jobs.run_due())


def test_regular_work_is_done_once_and_again_when_it_is_due(
    app: Flask, monkeypatch: pytest.MonkeyPatch, everything: Everything
) -> None:
    done: list[str] = []
    monkeypatch.setattr(jobs, "JOBS", {})
    jobs.every_minute("fails")(lambda: 1 / 0)
    jobs.nightly("night", hour=1)(lambda: done.append("night"))
    with app.app_context():
        assert sorted(jobs.run_due()) == ["fails", "night"]
        assert jobs.run_due() == []
        assert done == ["night"]
        jobs.beat()
        jobs.beat()
        assert jobs.last_run(jobs.HEARTBEAT) is not None
        assert jobs.last_run("fails") is None
        found = db.session.get_one(jobs.JobRow, "fails")
        assert found.error == "ZeroDivisionError: division by zero"
        assert db.session.get_one(jobs.JobRow, "night").due_at.hour == 1
    with everything() as session:
        session.execute(update(jobs.JobRow).values(due_at=utcnow()))
    with app.app_context():
        assert sorted(jobs.run_due()) == ["fails", "night"]


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (smtplib.SMTPDataError(554, b"spam"), Answer.REFUSED),
        (smtplib.SMTPDataError(452, b"full"), Answer.POSTPONED),
        (smtplib.SMTPSenderRefused(550, b"no", "a@b"), Answer.POSTPONED),
        (smtplib.SMTPSenderRefused(552, b"too large", "a@b"), Answer.REFUSED),
        (smtplib.SMTPServerDisconnected("gone"), Answer.POSTPONED),
        (TimeoutError("timed out"), Answer.POSTPONED),
        (ValueError("no mail"), Answer.REFUSED),
    ],
)
def test_what_an_error_means(error: Exception, answer: Answer) -> None:
    assert outcomes.of(error).answer is answer


def test_a_server_that_closes_after_each_mail_holds_nothing_back(
    app: Flask, acting: Acting, cast: Cast, postbox: Postbox
) -> None:
    async def close(*given: Any) -> str:
        return "421 4.4.2 one mail for each connection"

    postbox.handle_NOOP = close  # type: ignore[attr-defined]  # one that aiosmtpd looks for
    queued(acting, cast, 3)
    assert delivered(app) == 3
    assert len(postbox.sessions) == 3


def test_the_limits_hold_whatever_the_clock_of_a_worker_says(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, postbox: Postbox
) -> None:
    with everything() as session:
        session.get_one(AppSettings, 1).mails_per_minute = 2
    queued(acting, cast, 4)
    with time_machine.travel(utcnow() + timedelta(minutes=7)):
        assert delivered(app) == 2
    postbox.data = lambda mail: "451 later"
    with everything() as session:
        session.execute(update(MessageAttempt).values(at=utcnow() - timedelta(hours=1)))
    with time_machine.travel(utcnow() + timedelta(minutes=7)):
        delivered(app)
    with everything() as session:
        next_try = session.scalar(select(func.max(Message.next_try_at)))
    assert next_try is not None
    assert timedelta(seconds=50) < next_try - utcnow() < timedelta(seconds=70)
