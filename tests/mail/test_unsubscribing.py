"""A recipient refuses further e-mails by a link of their own; a look at it changes nothing."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Contact
from crm.core.journal import Journal
from crm.core.mail_url import parse_mail_url
from crm.leads.models import Lead
from crm.mail import services
from crm.mail.delivery import deliver
from crm.mail.models import Message, MessageKind, MessageState, SkipReason
from tests.factories import make
from tests.fixtures import Acting, Cast, Client
from tests.mail.postbox import Postbox, open_postbox
from tests.mail.test_services import mail

Everything = Callable[[], AbstractContextManager[Session]]
pytestmark = pytest.mark.both


@pytest.fixture
def postbox(app: Flask) -> Iterator[Postbox]:
    """The mail server of an installation that is reached by https."""
    config = app.extensions["crm.config"]
    with open_postbox() as box:
        server = parse_mail_url(f"smtp://127.0.0.1:{box.port}/?from=crm@acme.example")
        app.extensions["crm.config"] = replace(
            config, mail=server, public_url="https://crm.acme.example"
        )
        yield box
    app.extensions["crm.config"] = config


def sent(acting: Acting, cast: Cast, number: int = 1, **given: Any) -> Message:
    """A catalogue for a contact of Claire's."""
    with acting("claire") as session:
        contact = session.scalars(select(Contact)).first() or make(
            Contact, last_name="Marchand", email="sophie@customer.example"
        )
        said = {
            "cause": f"test:{number}", "kind": MessageKind.CATALOG, "to_relation": "contact",
            "related": {"contact": contact.id}, "body_html": "<p>Bonjour</p>", "language": "fr",
        }  # fmt: skip
        return services.queue(mail(cast, **(said | given)))


def path_of(message: Message) -> str:
    return "/p/" + re.findall(r"/p/([\w-]+)", message.body_html)[0]


def refusals(everything: Everything) -> list[bool]:
    """Whether each contact, then each lead, refuses e-mails."""
    with everything() as session:
        tables = (select(model).order_by(model.id) for model in (Contact, Lead))
        return [one.do_not_email for table in tables for one in session.scalars(table)]


def test_a_mail_that_may_be_refused_says_so_in_its_text_and_in_its_headers(
    app: Flask, acting: Acting, cast: Cast, postbox: Postbox
) -> None:
    message = sent(acting, cast)
    with app.app_context():
        deliver()
    got = postbox.mails[0]
    url = f"https://crm.acme.example{path_of(message)}"
    assert got["List-Unsubscribe"].split(", ")[0] == f"<{url}>"
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    plain, html = (part.get_content() for part in got.walk() if not part.is_multipart())
    assert f"Se désinscrire: {url}" in plain.replace("\xa0", "")
    assert f'<a href="{url}">Se désinscrire</a>' in html


def test_a_mail_of_a_dealing_and_one_to_a_user_have_no_such_link(
    acting: Acting, cast: Cast
) -> None:
    for number, given in enumerate(({"transactional": True}, {"kind": MessageKind.TEST})):
        with acting("claire"):
            message = services.queue(mail(cast, cause=f"test:{number}", **given))
            assert message.unsubscribe_link is None
            assert "/p/" not in message.body_text


def test_a_look_changes_nothing_and_the_button_does_once(
    client: Client, acting: Acting, cast: Cast, everything: Everything
) -> None:
    path = path_of(sent(acting, cast))
    with acting("marc"):
        make(Lead, last_name="Marchand", email="sophie@customer.example")
    with acting("olga"):
        make(Contact, last_name="Marchand", email="sophie@customer.example")
    client.sends_token = False
    for language, words in (("fr", "Se désinscrire"), ("en", "Unsubscribe")):
        page = client.get(path, headers={"Accept-Language": language})
        assert words in page.text
        assert "sophie@customer.example" in page.text
    assert refusals(everything) == [False, False, False]
    done = client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200, "mail programs follow no redirect"
    assert "Unsubscribed" in done.text
    assert refusals(everything) == [True, False, True], "not of another company"
    for answer in (client.get(path), client.post(path)):
        assert "Unsubscribed" in answer.text
        assert "<button" not in answer.text
    with everything() as session:
        changed = select(Journal).where(Journal.kind == "contact", Journal.action == "changed")
        assert ["do_not_email" in one.changes for one in session.scalars(changed)] == [True]


def test_what_still_waits_is_skipped_and_a_new_one_refused(
    client: Client, acting: Acting, cast: Cast, everything: Everything
) -> None:
    first, waiting, left = sent(acting, cast), sent(acting, cast, 2), sent(acting, cast, 3)
    dealing = sent(acting, cast, 4, transactional=True)
    with acting("claire") as session:
        session.get_one(Message, left.id).state = MessageState.SENT
    client.post(path_of(first))
    with everything() as session:
        found = [session.get_one(Message, one.id) for one in (waiting, left, dealing)]
        assert [one.state for one in found] == ["skipped", "sent", "queued"]
        assert found[0].reason == SkipReason.DO_NOT_EMAIL
    with acting("claire"):
        assert services.refusing(cast.france, ["sophie@customer.example"])


def test_a_link_of_a_message_that_is_gone_opens_nothing(
    client: Client, acting: Acting, cast: Cast, everything: Everything
) -> None:
    message = sent(acting, cast)
    path = path_of(message)
    with everything() as session:
        session.delete(session.get_one(Message, message.id))
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 404
    assert refusals(everything) == [False]
