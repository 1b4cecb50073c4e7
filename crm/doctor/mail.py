"""Checks of the mail server."""

from collections.abc import Iterator
from datetime import timedelta

import flask_mail
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from crm.calendar.invitations.mailbox import MailboxError, opened
from crm.companies.models import Company
from crm.core.config import Config
from crm.core.db import db
from crm.core.mail_in_url import Mailbox
from crm.core.mail_url import MailServer
from crm.core.rows import unfiltered
from crm.core.types import utcnow
from crm.doctor.finding import Finding, ok, wrong
from crm.mail import senders
from crm.mail.connection import connect, prepare
from crm.mail.headers import new_message_id
from crm.mail.models import Message, MessageState, SkipReason
from crm.mail.outcomes import words_of

WEEK = timedelta(days=7)


def check(config: Config, to: str | None) -> Iterator[Finding]:
    """Whether the mail server answers; `to` gets a test e-mail."""
    if config.mail is None:
        yield (wrong if to else ok)(
            "No mail server is set, so e-mails stay in the outbox: name one in MAIL_URL, such as "
            "smtp://user:password@host:587."
        )
    else:
        yield from _server(config, config.mail, to)
    if config.mail_in is not None:
        yield _mailbox(config.mail_in)


def check_templates(config: Config) -> Iterator[Finding]:
    """What is not sent because a company has chosen no template; nothing without a database."""
    lacking = (
        Message.state == MessageState.SKIPPED,
        Message.reason == SkipReason.NO_TEMPLATE,
        Message.created_on > utcnow() - WEEK,
    )
    counted = select(Company.name, Message.kind, func.count()).join(
        Message, Message.company_id == Company.id
    )
    statement = counted.where(*lacking).group_by(Company.name, Message.kind)
    try:
        with unfiltered("the doctor counts what nobody sends"):
            found = db.session.execute(statement).all()
    except SQLAlchemyError:
        return
    for name, kind, number in found:
        lost = f"1 e-mail of {name} was" if number == 1 else f"{number} e-mails of {name} were"
        yield wrong(
            f"{lost} skipped within a week, as no template is chosen for "
            f"“{kind.value.replace('_', ' ')}”: choose one in the settings of the company."
        )


def _server(config: Config, server: MailServer, to: str | None) -> Iterator[Finding]:
    prepare()
    try:
        with connect(server) as line:
            yield ok(f"The mail server {server} answers{_how(server)}.")
            if to:
                line.send(_test(config, to))
                yield ok(f"The mail server took a test e-mail to {to}.")
    except Exception as error:  # noqa: BLE001  of the network, the certificate, the login
        yield wrong(
            f"The mail server {server} refuses ({words_of(error)}): check MAIL_URL, its user and "
            "password, and whether this machine reaches it."
        )


def _mailbox(box: Mailbox) -> Finding:
    try:
        with opened(box):
            return ok(f"The mailbox {box} opens; invitations ask for answers to {box.address}.")
    except MailboxError as error:
        return wrong(
            f"The mailbox {box} refuses ({error}): check MAIL_IN_URL, its user, password and "
            "folder, and whether this machine reaches it."
        )


def _how(server: MailServer) -> str:
    words = {"off": ", without encryption", "starttls": ", encrypted", "tls": ", encrypted"}
    return words[server.tls] + (", and knows the user" if server.user else "")


def _test(config: Config, to: str) -> flask_mail.Message:
    sender = senders.of()
    mail = flask_mail.Message(
        subject="Comptoir",
        recipients=[("", to)],
        body=f"A test, sent by `crm doctor` of {config.public_url}.\n",
        sender=sender.address,
        charset="utf-8",
    )
    mail.sender, mail.msgId = (sender.name, sender.address), f"<{new_message_id(sender.domain)}>"
    return mail
