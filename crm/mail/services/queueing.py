"""Messages enter the outbox in the transaction that causes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crm.core.actor import find_actor
from crm.core.db import db
from crm.core.files.models import StoredFile
from crm.core.models import spec_of
from crm.core.rows import unfiltered
from crm.core.types import utcnow
from crm.mail import senders
from crm.mail.headers import ascii_address, new_message_id, one_line
from crm.mail.models import (
    TEMPLATE_KINDS,
    Copy,
    Message,
    MessageAttachment,
    MessageKind,
    MessageState,
    SkipReason,
)
from crm.mail.queue import wake_after_commit
from crm.mail.services import unsubscribing

NO_SUBJECT = "–"


@dataclass(frozen=True, kw_only=True)
class Mail:
    """An e-mail to one recipient, as `queue` takes it.

    `cause` says what happened to whom, such as "reminder:12:7". `related` maps relations of a
    message ("lead", "quote" …) to ids; `to_relation` is the one whose address it is. An empty
    sender is the installation's; `owner_id` is the actor by default. `automatic`: nobody wrote
    it; `transactional`: it concerns one recipient alone, such as a quote; others get a link
    to unsubscribe.
    """

    cause: str
    company_id: int
    kind: MessageKind
    subject: str
    body_html: str = ""
    body_text: str = ""
    to_address: str | None
    to_name: str = ""
    to_relation: str = ""
    related: Mapping[str, int] = field(default_factory=dict)
    owner_id: int | None = None
    template_id: int | None = None
    sender_name: str = ""
    sender_address: str = ""
    reply_name: str = ""
    reply_to: str | None = None
    copy: Copy = Copy.TO
    original_id: int | None = None
    attachments: Sequence[StoredFile] = ()
    automatic: bool = False
    transactional: bool = False
    due_at: datetime | None = None  # now by default
    language: str = ""  # of what is added to the texts
    calendar: str = ""  # beside the texts, for calendars (RFC 5545), and its METHOD
    calendar_method: str = ""


def queue(mail: Mail) -> Message:
    """The message of this cause, to be sent once the caller's transaction is committed.

    A second call with the same cause changes nothing and returns the first message. One without
    a valid address is skipped.
    """
    if not mail.to_address:
        return skip(mail, SkipReason.NO_ADDRESS)
    try:
        ascii_address(spec_of(Message, "to_address").clean(mail.to_address))
    except ValueError:
        return skip(replace(mail, to_address=None), SkipReason.BAD_ADDRESS)
    message = _message(mail)
    message.state, message.next_try_at = MessageState.QUEUED, mail.due_at or utcnow()
    kept = _kept(message)
    if kept is message:
        if not mail.transactional and mail.kind in TEMPLATE_KINDS:
            unsubscribing.offer(message, mail.language)
        wake_after_commit(message.next_try_at)
    return kept


def skip(mail: Mail, reason: SkipReason) -> Message:
    """The message of this cause, which is not sent, and the reason for it."""
    message = _message(mail)
    message.state, message.reason = MessageState.SKIPPED, reason
    return _kept(message)


def _kept(message: Message) -> Message:
    """`message`, written; or the one that its cause has already."""
    found = find(message.cause)
    if found is not None:
        return found
    session = db.session()
    try:
        with session.begin_nested():
            session.add(message)
    except IntegrityError:
        found = find(message.cause)  # written meanwhile by another transaction
        if found is None:
            raise
        return found
    return message


def find(cause: str) -> Message | None:
    """The message of a cause, if it has one."""
    with unfiltered("a cause has one message, whoever may read it"):
        return db.session.scalars(select(Message).where(Message.cause == cause)).unique().first()


def _message(mail: Mail) -> Message:
    actor, sender = find_actor(), senders.of(mail.sender_name, mail.sender_address)
    return Message(
        cause=mail.cause,
        company_id=mail.company_id,
        owner_id=mail.owner_id or (actor.user_id if actor else None),
        template_id=mail.template_id,
        kind=mail.kind,
        subject=one_line(mail.subject, 255) or NO_SUBJECT,
        body_html=mail.body_html,
        body_text=mail.body_text,
        sender_name=one_line(sender.name, 120),
        sender_address=sender.address,
        reply_name=one_line(mail.reply_name, 120),
        reply_to=mail.reply_to,
        to_name=one_line(mail.to_name, 160),
        to_address=mail.to_address or None,
        to_relation=mail.to_relation,
        copy=mail.copy,
        original_id=mail.original_id,
        automatic=mail.automatic,
        calendar=mail.calendar,
        calendar_method=mail.calendar_method,
        transactional=mail.transactional,
        message_id=new_message_id(sender.domain),
        attachments=[MessageAttachment(file=file) for file in mail.attachments],
        **{f"{relation}_id": pk for relation, pk in mail.related.items()},
    )
