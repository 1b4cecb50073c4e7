"""Cancel a message, send it again, retry what failed."""

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import selectinload

from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import flush
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.rows import criteria
from crm.core.types import utcnow
from crm.mail.models import STATES, Message, MessageState
from crm.mail.queue import wake_after_commit

AT_ONCE = 500  # messages of one bulk retry
PEOPLE = ("lead", "account", "contact")  # the relations of those who have an address

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


def cancel(message: Message) -> None:
    """Keep a queued message from being sent. Raises DomainError where it is too late."""
    told = refusal(message, MessageState.CANCELLED)
    if told:
        raise DomainError(told)
    message.state, message.next_try_at = MessageState.CANCELLED, None
    flush()


def send_again(message: Message, at: datetime | None = None) -> None:
    """Queue a failed or cancelled message, to the address that its recipient has by now.

    Raises DomainError where it is in another state, or its recipient takes no e-mails by now.
    """
    told = refusal(message, MessageState.QUEUED) or _unreachable(message)
    if told:
        raise DomainError(told)
    _requeue(message, at or utcnow())
    flush()


def _recipient(message: Message) -> Any:
    """The lead, contact or account whose address it is, where the actor sees it."""
    return getattr(message, message.to_relation) if message.to_relation else None


def _unreachable(message: Message) -> str:
    """Why the recipient cannot be sent anything, in words; "" where they can."""
    person = _recipient(message)
    if not (getattr(person, "email", None) or message.to_address):
        return _("The recipient has no e-mail address.")
    if getattr(person, "do_not_email", False):
        return _("%(name)s refuses e-mails.", name=person)
    return ""


def _requeue(message: Message, at: datetime) -> None:
    message.state = MessageState.QUEUED
    message.to_address = getattr(_recipient(message), "email", None) or message.to_address
    message.tries, message.last_error = 0, None
    message.next_try_at = at
    wake_after_commit(at)


def retry_failed(*where: ColumnElement[bool]) -> int:
    """Queue the failed messages that the actor may edit, at most AT_ONCE; how many there were.

    Those whose recipient takes no e-mails by now stay as they are.
    """
    failed = Message.state == MessageState.FAILED
    statement = select(Message).where(failed, criteria(Message, "edit"), *where)
    statement = statement.options(*(selectinload(getattr(Message, one)) for one in PEOPLE))
    found = db.session.scalars(statement.order_by(Message.id).limit(AT_ONCE)).unique().all()
    reachable = [message for message in found if not _unreachable(message)]
    for message in reachable:
        _requeue(message, utcnow())
    flush()
    return len(reachable)


# A message is made by `queue` alone, and changes by these verbs.
RULES = Rules()
