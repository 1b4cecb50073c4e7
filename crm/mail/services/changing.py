"""Cancel a message, send it again, retry what failed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import selectinload

from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import flush
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.rows import criteria
from crm.core.types import utcnow
from crm.mail.models import STATES, Message, MessageState, SkipReason
from crm.mail.queue import wake_after_commit
from crm.mail.services.recipients import PEOPLE, address_now, obstacle, refusing
from crm.mail.signals import message_cancelled, message_queued_again

# From what to what; a pair that is missing is refused.
MOVES = {
    (MessageState.QUEUED, MessageState.CANCELLED),
    (MessageState.DRAFT, MessageState.CANCELLED),
    (MessageState.FAILED, MessageState.QUEUED),
    (MessageState.CANCELLED, MessageState.QUEUED),
    (MessageState.SKIPPED, MessageState.QUEUED),
}
# Why a message is not sent again.
OBSTACLES = {
    SkipReason.NO_ADDRESS: _l("The recipient has no e-mail address."),
    SkipReason.BAD_ADDRESS: _l("The recipient's e-mail address is not valid."),
    SkipReason.DO_NOT_EMAIL: _l("The recipient refuses e-mails."),
}
# Reasons that concern the address: the texts are there, and may leave once it is corrected.
RESENDABLE = (SkipReason.NO_ADDRESS, SkipReason.BAD_ADDRESS, SkipReason.DO_NOT_EMAIL)


def refusal(message: Message, to: MessageState) -> str:
    """Why a message cannot become `to`, in words; "" where it can."""
    has_no_text = message.state == MessageState.SKIPPED and message.reason not in RESENDABLE
    if (message.state, to) not in MOVES or has_no_text:
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
    message_cancelled.send(message)


def send_again(message: Message, at: datetime | None = None) -> None:
    """Queue a message that did not leave, to the address that its recipient has by now.

    Raises DomainError where it is in another state, without an address, or to somebody who
    refuses e-mails.
    """
    if told := refusal(message, MessageState.QUEUED):
        raise DomainError(told)
    reason = obstacle(message, refusing(message.company_id, [address_now(message)]))
    if reason is not None:
        raise DomainError(str(OBSTACLES[reason]))
    _queue_again(message, at or utcnow())
    flush()
    message_queued_again.send(message)


def _queue_again(message: Message, at: datetime) -> None:
    message.state = MessageState.QUEUED
    message.to_address, message.reason = address_now(message), None
    message.tries, message.last_error = 0, None
    message.next_try_at = at
    wake_after_commit(at)


@dataclass(frozen=True)
class Retried:
    """How many messages were queued again, and how many have nobody to go to."""

    queued: int = 0
    skipped: int = 0

    def __add__(self, other: "Retried") -> "Retried":
        return Retried(self.queued + other.queued, self.skipped + other.skipped)


def failed_ids(*where: ColumnElement[bool], most: int) -> Sequence[int]:
    """The failed messages that the actor may edit, the oldest first."""
    failed = Message.state == MessageState.FAILED
    statement = select(Message.id).where(failed, criteria(Message, "edit"), *where)
    return db.session.scalars(statement.order_by(Message.id).limit(most)).all()


def retry(ids: Sequence[int]) -> Retried:
    """Queue those of these messages that have failed.

    Those without an address, or to somebody who refuses e-mails, are skipped instead.
    """
    mine = (Message.id.in_(ids), Message.state == MessageState.FAILED, criteria(Message, "edit"))
    people = (selectinload(getattr(Message, name)) for name in PEOPLE)
    statement = select(Message).where(*mine).options(*people).order_by(Message.id)
    found = db.session.scalars(statement).unique().all()
    by_company: dict[int, list[str | None]] = defaultdict(list)
    for one in found:
        by_company[one.company_id].append(address_now(one))
    refused = {pk: refusing(pk, addresses) for pk, addresses in by_company.items()}
    now, skipped = utcnow(), 0
    for message in found:
        reason = obstacle(message, refused[message.company_id])
        if reason is None:
            _queue_again(message, now)
        else:
            message.state, message.reason = MessageState.SKIPPED, reason
            skipped += 1
    flush()
    return Retried(len(found) - skipped, skipped)


# A message is made by `queue` alone, and changes by these verbs.
RULES = Rules()
