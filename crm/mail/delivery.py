"""Sends what is due. No lock is held while the mail server is spoken to."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from time import sleep

import flask_mail
from flask import current_app
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
from crm.mail.models import Message
from crm.mail.outcomes import Outcome
from crm.mail.queue import queue_of

# Seconds between tries to write down what became of a mail: a row that is not marked is sent again.
PATIENCE = (0.2, 1.0, 5.0, 15.0, 60.0)

log = logging.getLogger("crm.mail")


def deliver() -> int:
    """Send messages until none is due, a limit is reached or the server is away. How many left."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # of a proxy
    config: Config = app.extensions["crm.config"]
    if config.mail is None:
        return 0
    prepare()
    sent, stopping = 0, queue_of(app).stopping
    with unfiltered("the worker sends what is due, whoever it is from"), _line(config.mail) as line:
        while not stopping.is_set() and (claimed := claim()) is not None:
            outcome = _try(line, claimed)
            _write(claimed, outcome)
            sent += outcome.is_sent
            if outcome.is_away:
                break
    return sent


class Line:
    """The connection to the mail server, opened for the first mail and after it dropped."""

    def __init__(self, server: MailServer) -> None:
        self.server = server
        self.stack = ExitStack()
        self.connection: Connection | None = None

    def open(self) -> Connection:
        """Raises OSError, smtplib.SMTPException."""
        if self.connection is None:
            self.connection = self.stack.enter_context(connect(self.server))
        return self.connection

    def close(self) -> None:
        self.connection = None
        self.stack.close()


@contextmanager
def _line(server: MailServer) -> Iterator[Line]:
    line = Line(server)
    try:
        yield line
    finally:
        line.close()


def _try(line: Line, claimed: Claim) -> Outcome:
    try:
        mail = _composed(claimed)
    except Exception as error:
        log.exception("Message %s cannot be made into a mail.", claimed.id)
        return outcomes.unsendable(error)
    finally:
        db.session.rollback()  # the mail server is slow, and no snapshot is held meanwhile
    try:
        connection = line.open()
    except Exception as error:  # noqa: BLE001  of the network, the certificate or the login
        line.close()
        return outcomes.away(error)
    try:
        connection.send(mail)
    except Exception as error:  # noqa: BLE001  each kind is judged there
        outcome = outcomes.of(error)
        if outcome.is_dropped:
            line.close()
        return outcome
    return outcomes.SENT


def _composed(claimed: Claim) -> flask_mail.Message:
    statement = select(Message).where(Message.id == claimed.id)
    statement = statement.options(undefer(Message.body_html), undefer(Message.body_text))
    return compose(db.session.scalars(statement).unique().one())


def _write(claimed: Claim, outcome: Outcome) -> None:
    """Mark the row at once; a database that is away for a moment must not send a mail twice."""
    for pause in PATIENCE:
        try:
            outcomes.write(claimed, outcome)
        except Unavailable:
            log.warning("What became of message %s cannot be written yet.", claimed.id)
            sleep(pause)
        else:
            return
    outcomes.write(claimed, outcome)
