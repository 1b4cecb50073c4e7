"""The outcome of a try: what an answer or an error means, and the row that says so."""

import smtplib
from dataclasses import dataclass
from typing import Any

import flask_mail
from email_validator import EmailNotValidError
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from crm.core.db import transaction
from crm.core.db_time import database_time
from crm.core.types import utcnow
from crm.mail.claiming import Claim
from crm.mail.headers import one_line
from crm.mail.models import REASONS, Answer, Message, MessageAttempt, MessageState, SkipReason
from crm.mail.queue import wake_after_commit
from crm.mail.schedule import pause_after
from crm.mail.signals import message_failed, message_sent

LONGEST = 500  # characters
PERMANENT = 500  # codes from here on are refusals for good (RFC 5321, 4.2.1)
CLOSING = 421  # the server ends the connection with this answer
TOO_LARGE = 552  # for this server, as it says before the mail is handed over (RFC 1870)


@dataclass(frozen=True)
class Outcome:
    """How a try ended; `text` is the server's answer or the error, in at most LONGEST characters.

    `is_dropped`: the connection cannot be used again; `is_away`: there was none.
    """

    answer: Answer
    text: str = ""
    is_dropped: bool = False
    is_away: bool = False

    @property
    def is_sent(self) -> bool:
        return self.answer is Answer.ACCEPTED


SENT = Outcome(Answer.ACCEPTED)


def away(error: Exception) -> Outcome:
    """The outcome where no connection could be opened; every other message would fail alike."""
    return Outcome(Answer.POSTPONED, words_of(error), is_dropped=True, is_away=True)


def of(error: Exception) -> Outcome:
    """The outcome of an error that was raised while a mail was handed over."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, answer = next(iter(error.recipients.values()))
            return Outcome(_answer(code), f"{code} {_text(answer)}", is_dropped=code == CLOSING)
        case smtplib.SMTPSenderRefused() if error.smtp_code == TOO_LARGE:
            return Outcome(Answer.REFUSED, words_of(error))
        case smtplib.SMTPDataError():
            return Outcome(_answer(error.smtp_code), words_of(error), is_dropped=True)
        case smtplib.SMTPException() | OSError():
            return Outcome(Answer.POSTPONED, words_of(error), is_dropped=True)
    return unsendable(error)


def unsendable(error: Exception) -> Outcome:
    """No mail could be made of the message, or not now: the store of files may be away."""
    match error:
        case EmailNotValidError():
            return Outcome(Answer.REFUSED, str(REASONS[SkipReason.BAD_ADDRESS]))
        case ValueError() | FileNotFoundError() | flask_mail.BadHeaderError():
            return Outcome(Answer.REFUSED, words_of(error), is_dropped=True)
    return Outcome(Answer.POSTPONED, words_of(error), is_dropped=True)


def words_of(error: Exception) -> str:
    """The server's answer, else the system's."""
    if isinstance(error, smtplib.SMTPResponseException):
        return one_line(f"{error.smtp_code} {_text(error.smtp_error)}", LONGEST)
    return one_line(str(error) or type(error).__name__, LONGEST)


def _answer(code: int) -> Answer:
    return Answer.REFUSED if code >= PERMANENT else Answer.POSTPONED


def _text(answer: bytes | str) -> str:
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return one_line(text, LONGEST - 4)


def write(claimed: Claim, outcome: Outcome) -> None:
    """Write the outcome into the row, add the try and end the lease.

    Where the lease has run out meanwhile the message is another worker's, and nothing is written,
    but for a mail that was accepted: that is sent. The try and the next one have the time of the
    database, on which all workers agree. Raises Unavailable.
    """
    with transaction() as session:
        message = _claimed(session, claimed, outcome)
        if message is None:
            return
        session.execute(
            insert(MessageAttempt).values(
                message_id=message.id,
                at=database_time(),
                answer=outcome.answer,
                text=outcome.text,
            )
        )
        # By a statement: the journal has what people do, and the tries have this.
        session.execute(
            update(Message)
            .where(Message.id == message.id)
            .values(_values(message, outcome))
            .execution_options(synchronize_session=False)
        )
        session.refresh(message)
        if message.state == MessageState.FAILED:
            message_failed.send(message)
        elif message.state == MessageState.SENT:
            message_sent.send(message)
        elif message.next_try_at is not None and message.state == MessageState.QUEUED:
            wake_after_commit(message.next_try_at)


def _claimed(session: Session, claimed: Claim, outcome: Outcome) -> Message | None:
    statement = select(Message).where(Message.id == claimed.id)
    if not outcome.is_sent:
        statement = statement.where(Message.lease_token == claimed.token)
    return session.scalars(statement.with_for_update(of=Message)).unique().first()


def _values(message: Message, outcome: Outcome) -> dict[str, Any]:
    tries, now = message.tries + 1, utcnow()
    values: dict[str, Any] = {
        "tries": tries, "last_error": outcome.text or None, "changed_on": now,
        "lease_until": None, "lease_token": None, "row_version": Message.row_version + 1,
    }  # fmt: skip
    if outcome.is_sent:
        return values | {"state": MessageState.SENT, "sent_at": now, "next_try_at": None}
    pause = pause_after(tries) if outcome.answer is Answer.POSTPONED else None
    if pause is None:
        return values | {"state": MessageState.FAILED, "next_try_at": None}
    return values | {"next_try_at": database_time(int(pause.total_seconds()))}
