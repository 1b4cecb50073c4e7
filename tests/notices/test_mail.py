"""Notices by mail: one each, in the words of its reader, to those who want that."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session, undefer

from crm.companies.models import RoleCell, User
from crm.core.db import transaction
from crm.leads.models import Lead
from crm.mail.models import Message, MessageKind, MessageState
from crm.mail.notices import mail_notices
from crm.mail.services import Mail, queue
from crm.mail.signals import message_failed
from crm.notices.kinds import ASSIGNED, IMPORTED, MAIL_FAILED
from crm.notices.models import Notice
from crm.notices.services import Choice, News, choose, tell
from tests.factories import make, person
from tests.fixtures import Acting, Cast, Client

pytestmark = pytest.mark.both

Everything = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def a_minute(app: Flask) -> Callable[[], int]:
    """A minute of the worker."""

    def work() -> int:
        with app.app_context():
            return mail_notices()

    return work


def messages(session: Session) -> list[Message]:
    texts = (undefer(Message.body_text), undefer(Message.body_html))
    return list(session.scalars(select(Message).options(*texts)).unique())


def test_a_notice_leaves_once_in_its_reader_s_language(
    acting: Acting, cast: Cast, everything: Everything, a_minute: Callable[[], int]
) -> None:
    with everything() as session:
        session.execute(update(User).where(User.id == cast.claire).values(language="fr"))
    with acting("claire"):
        choose({ASSIGNED: Choice(in_page=True, by_mail=True)})
    with acting("marc"):
        lead = make(Lead, organization="<Élan> & Cie", owner=person(cast.claire)).id
        make(Lead, owner=person(cast.hugo))
    assert (a_minute(), a_minute()) == (1, 0)
    with everything() as session:
        (mail,) = messages(session)
        assert mail.subject == "Marc Morel vous a assigné la piste <Élan> & Cie"
        assert (mail.to_address, mail.owner_id) == ("claire@acme.example", cast.claire)
        assert (mail.kind, mail.state) == (MessageKind.NOTICE, MessageState.QUEUED)
        assert mail.automatic
        assert f"http://localhost/leads/show/{lead}" in mail.body_text
        assert "&lt;Élan&gt; &amp; Cie</a>" in mail.body_html
        assert session.scalars(select(Notice.in_page)).all() == [True, True]


def test_one_who_wants_mails_alone_has_no_notice_in_the_page(
    acting: Acting,
    cast: Cast,
    everything: Everything,
    a_minute: Callable[[], int],
    as_user: Callable[[str], Client],
) -> None:
    with acting("claire"):
        choose({ASSIGNED: Choice(in_page=False, by_mail=True)})
    with acting("marc"):
        make(Lead, owner=person(cast.claire))
    assert as_user("claire").get("/notices/count").get_json()["shown"] == ""
    assert "assigned you" not in as_user("claire").get("/notices/list/?show=all").text
    a_minute()
    with everything() as session:
        assert len(messages(session)) == 1
        assert session.scalars(select(Notice)).all() == []


def test_a_mail_says_no_more_than_its_reader_sees_and_goes_to_nobody_who_left(
    acting: Acting, cast: Cast, everything: Everything, a_minute: Callable[[], int]
) -> None:
    for name in ("claire", "hugo"):
        with acting(name):
            choose({ASSIGNED: Choice(by_mail=True)})
    with acting("marc"):
        make(Lead, organization="Secret", owner=person(cast.claire))
        make(Lead, organization="Secret", owner=person(cast.hugo))
    with everything() as session:
        session.execute(update(RoleCell).where(RoleCell.entity == "leads").values(scope=0))
        session.get_one(User, cast.hugo).active = False
    assert (a_minute(), a_minute()) == (2, 0)
    with everything() as session:
        (mail,) = messages(session)
        assert mail.subject == "Marc Morel assigned you a lead"
        assert "Secret" not in mail.body_text + mail.body_html


def test_a_failed_message_tells_its_owner(
    app: Flask,
    acting: Acting,
    cast: Cast,
    everything: Everything,
    a_minute: Callable[[], int],
    as_user: Callable[[str], Client],
) -> None:
    with acting("claire"):
        choose({MAIL_FAILED: Choice(by_mail=True)})
    for kind in (MessageKind.FREE, MessageKind.NOTICE):
        mail = Mail(
            cause=kind, company_id=cast.france, kind=kind, subject=f"Offer {kind}",
            to_address="roy@client.example",
        )  # fmt: skip
        with acting("claire"):
            message = queue(mail)
            message.state, message.last_error = MessageState.FAILED, "550 no such user"
        with app.app_context(), transaction() as session:  # the worker, where nobody acts
            message_failed.send(session.merge(message, load=False))
    page = as_user("claire").get("/notices/list/").text
    assert "E-mail not sent: Offer free" in page
    assert f'href="/outbox/show/{message.id}"' in page
    assert "550 no such user" in page
    for name in ("hugo", "olga", "alice"):
        assert "Offer" not in as_user(name).get("/notices/list/?show=all").text
    assert a_minute() == 1  # a mail of a mail that failed itself is not mailed again
    with everything() as session:  # sent again, it failed again at its first try
        again = session.get_one(Message, message.id)
        again.last_error = "552 mailbox full"
        session.flush()
        message_failed.send(again)
    assert "552 mailbox full" in as_user("claire").get("/notices/list/").text
    with everything() as session:
        session.execute(update(Message).values(owner_id=None))
    page = as_user("claire").get("/notices/list/").text
    assert "An e-mail was not sent" in page
    assert "Offer" not in page
    assert "550" not in page


def test_a_notice_that_no_mail_can_be_made_of_holds_back_no_other(
    acting: Acting, cast: Cast, everything: Everything, a_minute: Callable[[], int]
) -> None:
    with acting("claire"):
        choose(dict.fromkeys((ASSIGNED, IMPORTED), Choice(by_mail=True)))
    with acting("marc"):
        tell([News(cast.claire, IMPORTED, "of another version", args={})])
        make(Lead, owner=person(cast.claire))
    a_minute()
    with everything() as session:
        assert len(messages(session)) == 1
        assert session.scalars(select(Notice.kind).where(Notice.to_mail)).all() == [IMPORTED]
