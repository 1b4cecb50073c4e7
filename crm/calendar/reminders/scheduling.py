"""When reminders are due: they follow their event, whatever moves, ends or deletes it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import select

from crm.calendar.models import (
    Event,
    EventReminder,
    EventStatus,
    ReminderMode,
    ReminderReason,
    ReminderStatus,
)
from crm.core.datamodel.saving import flush
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.rows import unfiltered
from crm.core.types import utcnow
from crm.mail.models import Message, MessageState
from crm.mail.queue import wake_after_commit
from crm.mail.services import cancel

# Reasons that end with what caused them: the event is opened again, restored, or put off.
PASSING = (
    ReminderReason.PAST,
    ReminderReason.DONE,
    ReminderReason.CANCELLED,
    ReminderReason.DELETED,
)
ENDS: Mapping[str, ReminderReason] = {
    EventStatus.DONE: ReminderReason.DONE,
    EventStatus.CANCELLED: ReminderReason.CANCELLED,
}
# What is due later is found by the worker when it looks, which it does several times a minute.
NEAR = timedelta(hours=1)
CAUSE = "reminder:"


def follow(events: Iterable[Event]) -> None:
    """Bring the reminders of these events up to date, in the caller's transaction."""
    mine = {event.id: event for event in events}
    if not mine:
        return
    flush()
    statement = select(EventReminder).where(EventReminder.event_id.in_(mine))
    with unfiltered("reminders follow their event, whoever made them"):
        reminders = db.session.scalars(statement.order_by(EventReminder.id)).all()
        for reminder in reminders:
            _follow(reminder, mine[reminder.event_id], utcnow())
        flush()


def refusal(event: Event) -> ReminderReason | None:
    """Why an event has no reminders sent, whatever their time."""
    if event.deleted_at is not None:
        return ReminderReason.DELETED
    return ENDS.get(event.status)


def _follow(reminder: EventReminder, event: Event, now: datetime) -> None:
    reason, due = refusal(event), reminder.due_for(event)
    is_moved = due is not None and due != reminder.due_at
    if reason is not None:
        if reminder.status == ReminderStatus.WAITING:
            _call_off(reminder)
            end(reminder, ReminderStatus.DROPPED, reason)
        reminder.due_at = due
        return
    if _waits_again(reminder, due, now, is_moved=is_moved):
        _call_off(reminder)
        wait(reminder, due, now)
        if event.over_at <= now:
            end(reminder, ReminderStatus.DROPPED, ReminderReason.PAST)
    reminder.due_at = due


def _waits_again(
    reminder: EventReminder, due: datetime | None, now: datetime, *, is_moved: bool
) -> bool:
    """Whether it is to be sent, again where it was: at the new time, if that is still to come."""
    match reminder.status:
        case ReminderStatus.WAITING:
            return is_moved
        case ReminderStatus.DROPPED:
            return reminder.reason in PASSING or (is_moved and due is not None and due > now)
    return is_moved and due is not None and due > now


def wait(reminder: EventReminder, due: datetime | None, now: datetime) -> None:
    """Let the worker find it at `due`."""
    reminder.status, reminder.due_at = ReminderStatus.WAITING, due
    reminder.reason = reminder.detail = reminder.status_at = reminder.queued_at = None
    reminder.skipped = []
    if due is not None and due - now < NEAR:
        wake_after_commit(due)


def end(
    reminder: EventReminder, status: ReminderStatus, reason: ReminderReason | None = None
) -> None:
    """Note what became of it, and why."""
    reminder.status, reminder.reason, reminder.status_at = status, reason, utcnow()


def cause_of(reminder: EventReminder) -> str:
    """How the causes of the messages of a reminder begin."""
    return f"{CAUSE}{reminder.id}:"


def due_key(reminder: EventReminder) -> str:
    """How these causes end: moved to another time, it is another reminder."""
    return f":{int(reminder.due_at.timestamp()) if reminder.due_at is not None else 0}"


def _call_off(reminder: EventReminder) -> None:
    """Cancel its mails that still wait in the outbox: they tell of a time that has changed."""
    if reminder.queued_at is None or reminder.mode == ReminderMode.AT:
        return
    waiting = select(Message).where(
        Message.event_id == reminder.event_id,
        Message.state == MessageState.QUEUED,
        Message.cause.startswith(cause_of(reminder)),
    )
    for message in db.session.scalars(waiting).unique().all():
        try:
            cancel(message)
        except DomainError:
            continue  # it is being sent right now
