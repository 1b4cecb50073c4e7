"""Sends the reminders that are due: each once, whatever the number of workers, and whoever dies.

Mails are written without a lock; the status, the messages and the notices of a reminder are then
one transaction, which begins by taking the reminder. Two workers that come upon the same one do
that work twice, and one of them takes it; one that dies leaves nothing behind.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import SystemRandom
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from crm.calendar.models import Event, EventReminder, Participant, ReminderReason
from crm.calendar.models.reminder import WAITS
from crm.calendar.reminders.mails import Prepared, prepare
from crm.calendar.reminders.outcomes import settle
from crm.calendar.reminders.recipients import Recipient, recipients_of
from crm.calendar.reminders.scheduling import due_key, refusal
from crm.core.db import batches, db, let_others_write, transaction
from crm.core.errors import Unavailable
from crm.core.jobs import sweep
from crm.core.rows import unfiltered
from crm.core.types import utcnow
from crm.mail.services import queue, skip
from crm.notices.kinds import REMINDED
from crm.notices.services import News, tell

AT_ONCE = 200  # looked up together; the next ones follow at once
TOGETHER = 20  # written in one transaction, so that others can write in between

log = logging.getLogger("crm.reminders")


@dataclass(frozen=True)
class Ready:
    """A reminder that is made into mails and notices; with `reason` it is dropped instead."""

    pk: int
    due: datetime | None
    reason: ReminderReason | None
    mails: Sequence[Prepared]
    news: Sequence[News]
    skipped: Sequence[Sequence[str]]  # [name, reason] of those whom no mail is sent


@sweep("reminders")
def send_due() -> int:
    """Send what is due. Returns how many reminders this worker took."""
    taken, failed = 0, set[int]()
    with unfiltered("the worker reminds everyone, whoever made the reminder"):
        while ids := _due(failed):
            for part in batches(ids, TOGETHER):
                ready = [one for pk in part if (one := _ready(pk, failed)) is not None]
                taken += _take(ready, failed)
                db.session.rollback()
                let_others_write()
    return taken


def _take(ready: Sequence[Ready], failed: set[int]) -> int:
    """Write them together, or one by one where one of them cannot be written."""
    try:
        with transaction():
            return sum(_write(one) for one in ready)
    except Unavailable:
        raise
    except Exception:
        if len(ready) > 1:
            return sum(_take([one], failed) for one in ready)
        log.exception("Reminder %s cannot be sent; it is tried again.", ready[0].pk)
        failed.add(ready[0].pk)
        return 0


def _due(failed: set[int]) -> list[int]:
    """Reminders to send, in an order of this worker's own, so that another one takes others."""
    statement = (
        select(EventReminder.id)
        .where(*_is_due())
        .where(EventReminder.id.not_in(failed))
        .order_by(EventReminder.due_at)
        .limit(AT_ONCE)
    )
    ids = list(db.session.scalars(statement))
    db.session.rollback()
    SystemRandom().shuffle(ids)
    return ids


def _is_due() -> tuple[Any, ...]:
    return (
        EventReminder.status == WAITS,
        EventReminder.queued_at.is_(None),
        EventReminder.due_at <= utcnow(),
    )


def _ready(pk: int, failed: set[int]) -> Ready | None:
    """What is to be written; None where another worker took it, or it cannot be made."""
    try:
        reminder = _load(pk)
        return None if reminder is None else _made(reminder)
    except Exception:  # whatever is wrong with one, the others leave
        log.exception("Reminder %s cannot be made; it is tried again.", pk)
        db.session.rollback()
        failed.add(pk)
        return None


def _made(reminder: EventReminder) -> Ready:
    event = reminder.event
    reason = refusal(event) or (ReminderReason.PAST if event.ends_at <= utcnow() else None)
    recipients = [] if reason is not None else recipients_of(reminder)
    mails = prepare(reminder, recipients) if reminder.by_mail else []
    told = recipients if reminder.in_page else []
    news = [_news(reminder, one) for one in told if one.user_id is not None]
    if reason is None and not mails and not news:
        reason = ReminderReason.NOBODY
    return Ready(reminder.id, reminder.due_at, reason, mails, news, _skipped(recipients, mails))


def _write(one: Ready) -> bool:
    """Whether this worker took it."""
    taking = update(EventReminder).where(
        EventReminder.id == one.pk, *_is_due(), EventReminder.due_at == one.due
    )
    values = {"queued_at": utcnow(), "skipped": one.skipped}
    statement = taking.values(values).execution_options(synchronize_session=False)
    found = db.session.execute(statement)
    if not found.rowcount:  # type: ignore[attr-defined]  # of an UPDATE
        return False
    _queue(one.mails)
    tell(one.news)
    settle(one.pk, one.reason, is_told=bool(one.news))
    return True


def _load(pk: int) -> EventReminder | None:
    """The reminder with all that its mails are made from; None where another worker took it."""
    event = joinedload(EventReminder.event)
    guests = event.selectinload(Event.participants)
    statement = (
        select(EventReminder)
        .where(EventReminder.id == pk, *_is_due())
        .options(
            event.joinedload(Event.owner),
            event.joinedload(Event.company),
            joinedload(EventReminder.user),
            guests.joinedload(Participant.user),
            guests.joinedload(Participant.contact),
            guests.joinedload(Participant.lead),
        )
    )
    return db.session.scalars(statement).unique().first()


def _queue(mails: Sequence[Prepared]) -> None:
    for one in mails:
        if one.refusal is None:
            queue(one.mail)
        else:
            skip(one.mail, one.refusal)


def _skipped(recipients: Sequence[Recipient], mails: Sequence[Prepared]) -> list[list[str]]:
    """[name, reason] of those whom no mail is sent."""
    pairs = zip(recipients, mails, strict=False)  # no mails at all where they are not asked for
    return [[to.name, one.refusal.value] for to, one in pairs if one.refusal is not None]


def _news(reminder: EventReminder, to: Recipient) -> News:
    return News(
        to.user_id or 0,
        REMINDED,
        f"{REMINDED}:{reminder.id}{due_key(reminder)}",
        "event",
        about=("event", reminder.event_id),
        company_id=reminder.event.company_id,
        may_mail=False,  # the reminder has a mail of its own
    )
