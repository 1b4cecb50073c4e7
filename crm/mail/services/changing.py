"""Cancel a message, send it again, retry what failed."""

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select

from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import flush
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.rows import criteria
from crm.core.types import utcnow
from crm.mail.models import STATES, Message, MessageState
from crm.mail.queue import wake_after_commit

AT_ONCE = 500  # messages of one bulk retry

# From what to what; a pair that is missing is refused.
MOVES = {
    (MessageState.QUEUED, MessageState.CANCELLED),
    (MessageState.DRAFT, MessageState.CANCELLED),
    (MessageState.FAILED, MessageState.QUEUED),
    (MessageState.CANCELLED, MessageState.QUEUED),
}


def refusal(message: Message, to: MessageState) -> str:
    """Why a message cannot become `to`, in words; "" where it can."""
    if (message.state, to) not in MOVES:
        words = STATES[message.state]
        return _("This is not possible in the status “%(status)s”.", status=words)
    if message.lease_until is not None and message.lease_until > utcnow():
        return _("This e-mail is being sent right now.")
    return ""


def _move(message: Message, to: MessageState) -> None:
    told = refusal(message, to)
    if told:
        raise DomainError(told)
    message.state = to


def cancel(message: Message) -> None:
    """Keep a queued message from being sent. Raises DomainError where it is too late."""
    _move(message, MessageState.CANCELLED)
    message.next_try_at = None
    flush()


def send_again(message: Message, at: datetime | None = None) -> None:
    """Queue a failed or cancelled message, to the address that its recipient has by now.

    Raises DomainError where it is in another state, or without an address.
    """
    _move(message, MessageState.QUEUED)
    person = getattr(message, message.to_relation) if message.to_relation else None
    message.to_address = getattr(person, "email", None) or message.to_address
    if not message.to_address:
        raise DomainError(_("The recipient has no e-mail address."))
    message.tries, message.last_error = 0, None
    message.next_try_at = at or utcnow()
    flush()
    wake_after_commit(message.next_try_at)


def retry_failed(*where: ColumnElement[bool]) -> int:
    """Queue the failed messages that the actor may edit, at most AT_ONCE; how many there were."""
    failed = Message.state == MessageState.FAILED
    statement = select(Message).where(failed, criteria(Message, "edit"), *where)
    found = db.session.scalars(statement.order_by(Message.id).limit(AT_ONCE)).unique().all()
    for message in found:
        send_again(message)
    return len(found)


# A message is made by `queue` alone, and changes by these verbs.
RULES = Rules()
