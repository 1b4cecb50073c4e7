"""Sends what is due. No lock is held while the mail server is spoken to."""

import logging
from contextlib import ExitStack, closing
from time import sleep

import flask_mail
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import undefer

from crm.core.config import Config
from crm.core.db import db
from crm.core.errors import Unavailable
from crm.core.mail_url import MailServer
from crm.core.rows import unfiltered
from crm.mail import outcomes
from crm.mail.claiming import Claim, claim
from crm.mail.composing import compose
from crm.mail.connection import Connection, connect, prepare
from crm.mail.models import OWN_KINDS, Message
from crm.mail.outcomes import Outcome
from crm.mail.queue import queue_of

# Seconds to wait where an outcome cannot be written; a row not marked as sent would be sent again.
WRITE_PAUSES = (0.2, 1.0, 5.0, 15.0, 60.0)

log = logging.getLogger("crm.mail")


def deliver() -> int:
    """Send messages until none is due, a limit is reached or the mail server is unreachable.

    Returns how many were sent.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # of a proxy
    config: Config = app.extensions["crm.config"]
    if config.mail is None:
        return 0
    prepare()
    sent, stopping = 0, queue_of(app).stopping
    with (
        unfiltered("the worker sends what is due, whoever it is from"),
        closing(LazyConnection(config.mail)) as connection,
    ):
        while not stopping.is_set() and (claimed := claim()) is not None:
            outcome = _try(connection, claimed)
            _write(claimed, outcome)
            sent += outcome.is_sent
            if outcome.is_away:
                break
    return sent


class LazyConnection:
    """The connection to the mail server, opened for the first mail and again after it dropped."""

    def __init__(self, server: MailServer) -> None:
        self.server = server
        self.stack = ExitStack()
        self.opened: Connection | None = None

    def open(self) -> Connection:
        """The open connection; a new one where the server closed it, as some do after each mail.

        Raises OSError, smtplib.SMTPException.
        """
        if self.opened is not None and not self.opened.is_open():
            self.close()
        if self.opened is None:
            self.opened = self.stack.enter_context(connect(self.server))
        return self.opened

    def close(self) -> None:
        self.opened = None
        self.stack.close()


def _try(connection: LazyConnection, claimed: Claim) -> Outcome:
    try:
        mail = _composed(claimed)
    except ClosedAccountError as error:
        return outcomes.unsendable(error)
    except Exception as error:
        log.exception("Message %s cannot be made into a mail.", claimed.id)
        return outcomes.unsendable(error)
    finally:
        db.session.rollback()  # the mail server is slow, and no snapshot is held meanwhile
    try:
        opened = connection.open()
    except Exception as error:  # noqa: BLE001  of the network, the certificate or the login
        connection.close()
        return outcomes.away(error)
    try:
        opened.send(mail)
    except Exception as error:  # noqa: BLE001  `outcomes.of` tells the kinds apart
        outcome = outcomes.of(error)
        if outcome.is_dropped:
            connection.close()
        return outcome
    return outcomes.SENT


class ClosedAccountError(ValueError):
    """What waits for somebody whose account was deactivated meanwhile does not leave."""


def _composed(claimed: Claim) -> flask_mail.Message:
    """Raises ClosedAccountError, and what `compose` raises."""
    statement = select(Message).where(Message.id == claimed.id)
    content = (Message.body_html, Message.body_text, Message.calendar)
    statement = statement.options(*(undefer(column) for column in content))
    message = db.session.scalars(statement).unique().one()
    if message.kind in OWN_KINDS and message.owner is not None and not message.owner.active:
        raise ClosedAccountError(_("The account is deactivated"))
    return compose(message)


def _write(claimed: Claim, outcome: Outcome) -> None:
    """Mark the row at once, again where the database is away: else the mail is sent twice.

    Raises Unavailable where it stays away.
    """
    for pause in WRITE_PAUSES:
        try:
            outcomes.write(claimed, outcome)
        except Unavailable:
            log.warning("The outcome of message %s cannot be written yet.", claimed.id)
            sleep(pause)
        else:
            return
    outcomes.write(claimed, outcome)
