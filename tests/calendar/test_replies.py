"""Answers that calendars send by mail: taken once, of the guest alone, whatever a mail says."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from time import process_time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from crm.calendar.invitations import reading
from crm.calendar.invitations.mailbox import MailboxError
from crm.calendar.invitations.replies import LARGEST, replies_in
from crm.calendar.models import Event
from crm.core.config import Config, ConfigError, read_config
from crm.core.db import db
from crm.core.mail_in_url import parse_mail_in_url
from crm.core.rows import unfiltered
from crm.core.types import utcnow
from crm.doctor import mail as doctor
from crm.mail.models import Message
from tests.calendar import imap
from tests.calendar.imap import Server
from tests.calendar.inviting import tell_guests
from tests.factories import again, make, save
from tests.fixtures import Acting

pytestmark = pytest.mark.both

START = datetime(2038, 1, 21, 9, tzinfo=UTC)
SOPHIE = "sophie@example.com"
Read = Callable[[], int]


@pytest.fixture
def server() -> Iterator[Server]:
    with imap.serving() as found:
        yield found


@pytest.fixture
def read(app: Flask, server: Server, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Read the mailbox as the worker does; returns the number of answers."""
    url = f"imap://crm%40example.com:a%20secret@127.0.0.1:{server.port}/INBOX"
    config: Config = app.extensions["crm.config"]
    changed = replace(config, mail_in=parse_mail_in_url(url))
    monkeypatch.setitem(app.extensions, "crm.config", changed)

    def go() -> int:
        with app.app_context():
            return reading.read_replies()

    return go


@pytest.fixture
def event(app: Flask, acting: Acting, read: Read) -> Event:
    """Claire's meeting, to which Sophie and another were invited."""
    with acting("claire"):
        guests = [{"email": SOPHIE}, {"email": "other@example.com"}]
        hour = timedelta(hours=1)
        found: Event = make(Event, starts_at=START, ends_at=START + hour, participants=guests)
    tell_guests(app)
    return found


def reply(event: Event, **said: Any) -> bytes:
    """A mail as a calendar sends it."""
    facts = {
        "uid": event.uid, "attendee": SOPHIE, "sender": SOPHIE, "answer": "ACCEPTED",
        "sequence": 0, "stamp": utcnow() + timedelta(seconds=5), "method": "REPLY", "more": "",
        **said,
    }  # fmt: skip
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN", f"METHOD:{facts['method']}",
        "BEGIN:VEVENT", f"UID:{facts['uid']}", f"SEQUENCE:{facts['sequence']}",
        f"DTSTAMP:{facts['stamp']:%Y%m%dT%H%M%SZ}", f"DTSTART:{START:%Y%m%dT%H%M%SZ}",
        f"ATTENDEE;PARTSTAT={facts['answer']}:mailto:{facts['attendee']}",
        *([facts["more"]] if facts["more"] else []), "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = facts["sender"], imap.USER, "Accepted"
    mail.set_content("Sophie accepts.")
    mail.add_alternative("\r\n".join(lines), subtype="calendar", params={"method": facts["method"]})
    return mail.as_bytes()


def answers(acting: Acting, event: Event) -> dict[str, tuple[str, str | None]]:
    with acting("claire"):
        rows = again(event).participants
        return {str(one): (one.answer.value, one.comment) for one in rows}


def test_a_reply_is_the_answer_of_the_guest(
    app: Flask, acting: Acting, server: Server, read: Read, event: Event
) -> None:
    with app.app_context(), unfiltered("the test looks at the invitation"):
        texts = db.session.scalars(select(Message.calendar)).all()
    assert all("mailto:crm@example.com" in text for text in texts), "the organiser's is the mailbox"
    server.mails[3] = reply(event, more="COMMENT:Avec plaisir")
    assert read() == 1
    assert answers(acting, event) == {
        SOPHIE: ("yes", "Avec plaisir"),
        "other@example.com": ("waiting", None),
    }
    assert read() == 0
    server.mails[4] = reply(event, answer="DECLINED", stamp=utcnow() + timedelta(minutes=1))
    assert read() == 1
    assert answers(acting, event)[SOPHIE][0] == "no"
    assert [one for one in server.heard if "FETCH" in one and "3" in one.split()[2]] == [
        "UID FETCH 3 (RFC822.SIZE)",
        "UID FETCH 3 (BODY.PEEK[])",
    ], "each mail is read once, and stays unread"
    assert not [one for one in server.heard if "STORE" in one or one.startswith("SELECT")]


def test_a_mailbox_that_numbers_anew_changes_nothing(
    acting: Acting, server: Server, read: Read, event: Event
) -> None:
    old = utcnow() - timedelta(minutes=1)
    server.mails |= {
        1: reply(event, stamp=old),
        2: reply(event, answer="DECLINED", stamp=utcnow() + timedelta(minutes=1)),
    }
    assert read() == 2
    server.validity = 8
    server.mails = {5: server.mails[1]}
    assert read() == 0
    assert answers(acting, event)[SOPHIE][0] == "no"


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": "mallory@example.com"},
        {"attendee": "other@example.com"},
        {"attendee": "mallory@example.com", "sender": "mallory@example.com"},
        {"uid": "unknown"},
        {"method": "REQUEST"},
        {"method": "CANCEL"},
        {"answer": "NEEDS-ACTION"},
        {"answer": "NONSENSE"},
        {"sender": f"{SOPHIE}, mallory@example.com"},
        {"more": "ATTENDEE;PARTSTAT=DECLINED:mailto:other@example.com"},
        {"sequence": "junk"},
    ],
)
def test_what_is_nobodys_answer_is_left_alone(
    acting: Acting, server: Server, read: Read, event: Event, wrong: dict[str, Any]
) -> None:
    server.mails[1] = reply(event, **wrong)
    assert read() == 0
    assert {one for one, _comment in answers(acting, event).values()} == {"waiting"}


def test_an_answer_to_a_former_date_does_not_count(
    app: Flask, acting: Acting, server: Server, read: Read, event: Event
) -> None:
    with acting("claire"):
        save(again(event), starts_at=START + timedelta(days=1))
    tell_guests(app)
    server.mails[1] = reply(event, sequence=0)
    assert read() == 0
    server.mails[2] = reply(event, sequence=1)
    assert read() == 1


def test_hostile_mails_are_bounded(event: Event) -> None:
    good = reply(event)
    assert len(replies_in(good)) == 1
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
        for n in range(5000)
    )
    by_returns = (nested[:400_000] + b"\n" * 90_000).replace(b"\r\n", b"\n").replace(b"\n", b"\r")
    begun = process_time()
    assert replies_in(b"From: a@b.fr\rX: text/calendar\r" + by_returns) == []
    assert process_time() - begun < 2
    deep = "BEGIN:VEVENT\r\n" * 20_000
    for junk in (
        b"", b"\0" * 5000, b"From: " + b"a@b.fr, " * 50_000, good + b"x" * LARGEST, nested,
        reply(event, more=deep), reply(event, more="COMMENT:" + "x" * 300_000),
        good.replace(b"BEGIN:VEVENT", b"BEGIN:"), good[: len(good) // 2],
    ):  # fmt: skip
        assert replies_in(junk) == []


def test_a_mail_that_no_database_can_look_up_stops_no_other(
    server: Server, read: Read, event: Event
) -> None:
    server.mails[1] = reply(event, uid="x\0y")
    server.mails[2] = reply(event)
    assert read() == 1


def test_a_large_mail_is_not_fetched(server: Server, read: Read, event: Event) -> None:
    server.mails[1] = b"x" * 10_000_000
    server.mails[2] = reply(event)
    assert read() == 1
    assert "UID FETCH 1 (BODY.PEEK[])" not in server.heard


def test_what_is_wrong_is_said_without_the_password(
    app: Flask, server: Server, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    right: Config = app.extensions["crm.config"]
    assert right.mail_in is not None
    with app.app_context():
        said = [str(one) for one in doctor.check(right, None)]
        assert any("opens" in one and "crm@example.com" in one for one in said)
        for wrong in ({"password": "other word"}, {"folder": "Nowhere"}, {"port": 1}):
            config = replace(right, mail_in=replace(right.mail_in, **wrong))
            sentence = next(
                str(one) for one in doctor.check(config, None) if "MAIL_IN_URL" in str(one)
            )
            assert "other word" not in sentence
            monkeypatch.setitem(app.extensions, "crm.config", config)
            with pytest.raises(MailboxError):
                reading.read_replies()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("smtp://x@y:p@host", "must have the form"),
        ("imaps://host/INBOX", "must have the form"),
        ("imaps://user:p@host", "?address="),
        ("imaps://u%40x.fr:p@host:99999", "port"),
        ("imap://u%40x.fr:p@host?tls=maybe", "tls"),
    ],
)
def test_a_wrong_url_is_named_at_the_start(url: str, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read_config({"MAIL_IN_URL": url, "SECRET_KEY": "x" * 40})
    assert said in str(raised.value)
    assert "MAIL_IN_URL" in str(raised.value)


def test_a_url_has_defaults() -> None:
    found = parse_mail_in_url("imaps://user:p%40ss@mail.example?address=Crm@x.fr")
    assert (found.port, found.tls, found.folder) == (993, "tls", "INBOX")
    assert (found.password, found.address) == ("p@ss", "crm@x.fr")
    assert "p@ss" not in str(found)
