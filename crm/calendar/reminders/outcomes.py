"""What became of a reminder: that of its mails, which the outbox tries again and again."""

from sqlalchemy import String, cast, exists, select, update
from sqlalchemy.orm import Session

from crm.calendar.models import EventReminder, ReminderReason, ReminderStatus
from crm.calendar.models.reminder import LONGEST_DETAIL, WAITS
from crm.calendar.reminders.scheduling import CAUSE, cause_of, due_key
from crm.core.db import db, transaction
from crm.core.jobs import sweep
from crm.core.rows import unfiltered
from crm.core.types import utcnow
from crm.mail.models import Message, MessageState, SkipReason
from crm.mail.signals import message_failed, message_sent

AT_ONCE = 200


@message_sent.connect
@message_failed.connect
def follow_message(message: Message) -> None:
    """The outcome of its mail is that of a reminder, also after a retry by hand."""
    if message.cause.startswith(CAUSE):
        settle(int(message.cause.split(":")[1]))


def settle(pk: int, reason: ReminderReason | None = None, *, is_told: bool | None = None) -> None:
    """Set the status of a reminder that was taken, in the caller's transaction.

    It waits while one of its mails does. `is_told`: somebody was told in the page, as the reminder
    asks by default.
    """
    session: Session = db.session()
    with unfiltered("a reminder follows its mails, whoever reads them"):
        reminder = session.get(EventReminder, pk, populate_existing=True)
        if reminder is None or reminder.queued_at is None:
            return  # its event moved meanwhile, and it waits for another time
        told = reminder.in_page if is_told is None else is_told
        outcome = (
            (ReminderStatus.DROPPED, reason, None) if reason else _outcome(_mails(reminder), told)
        )
        if outcome is None:
            return
        status, why, detail = outcome
        values = {"status": status, "reason": why, "detail": detail, "status_at": utcnow()}
        session.execute(
            update(EventReminder)
            .where(EventReminder.id == pk)
            .values(values)
            .execution_options(synchronize_session=False)
        )
        session.expire(reminder)


def _mails(reminder: EventReminder) -> list[Message]:
    """Those of its present time: it may have been sent before, for another one."""
    statement = select(Message).where(
        Message.event_id == reminder.event_id,
        Message.cause.startswith(cause_of(reminder)),
        Message.cause.endswith(due_key(reminder)),
    )
    return list(db.session.scalars(statement).unique())


def _outcome(
    mails: list[Message], is_told: bool
) -> tuple[ReminderStatus, ReminderReason | None, str | None] | None:
    """Status, reason and detail; None while a mail is still to leave."""
    states = {mail.state for mail in mails}
    if states & {MessageState.QUEUED, MessageState.DRAFT}:
        return None
    failed = next((mail for mail in mails if mail.state == MessageState.FAILED), None)
    if failed is not None:
        error = f"{failed.to_name}: {failed.last_error or ''}"[:LONGEST_DETAIL]
        return ReminderStatus.FAILED, ReminderReason.REFUSED, error
    lacking = next((mail for mail in mails if mail.reason == SkipReason.NO_TEMPLATE), None)
    if lacking is not None:
        return ReminderStatus.DROPPED, ReminderReason.NO_TEMPLATE, None
    if MessageState.SENT in states or is_told:
        return ReminderStatus.SENT, None, None
    skipped = next((mail.reason for mail in mails if mail.reason is not None), None)
    reason = ReminderReason(skipped.value) if skipped else ReminderReason.MAIL_CANCELLED
    return ReminderStatus.DROPPED, reason, None


@sweep("reminders_in_outbox")
def settle_cancelled() -> int:
    """Those whose mails were cancelled or skipped in the outbox. Returns how many there were."""
    begins = CAUSE + cast(EventReminder.id, String) + ":%"
    waiting = exists().where(
        Message.event_id == EventReminder.event_id,
        Message.state == MessageState.QUEUED,
        Message.cause.like(begins),
    )
    statement = (
        select(EventReminder.id)
        .where(EventReminder.status == WAITS)
        .where(EventReminder.queued_at.is_not(None), ~waiting)
        .order_by(EventReminder.queued_at)
        .limit(AT_ONCE)
    )
    with unfiltered("the worker looks after every reminder"):
        found = list(db.session.scalars(statement))
        db.session.rollback()
        for pk in found:
            with transaction():
                settle(pk)
    return len(found)
