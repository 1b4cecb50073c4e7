"""Reminders in words: "30 minutes before, for me, by e-mail and in the page"."""

from collections.abc import Callable

from flask_babel import gettext as _
from flask_babel import ngettext

from crm.calendar.models import (
    EventReminder,
    ReminderMode,
    ReminderStatus,
    ReminderUnit,
    ReminderWhom,
)
from crm.calendar.models.reminder_words import CHANNELS, REASONS, RECIPIENTS, STATUSES
from crm.core.models.text import format_instant, labelled
from crm.mail.models import REASONS as SKIPPED

BEFORE: dict[ReminderUnit, Callable[[int], str]] = {
    ReminderUnit.MINUTES: lambda n: ngettext("%(num)s minute before", "%(num)s minutes before", n),
    ReminderUnit.HOURS: lambda n: ngettext("%(num)s hour before", "%(num)s hours before", n),
    ReminderUnit.DAYS: lambda n: ngettext("%(num)s day before", "%(num)s days before", n),
    ReminderUnit.WEEKS: lambda n: ngettext("%(num)s week before", "%(num)s weeks before", n),
}


def describe(reminder: EventReminder, zone: str, reader_id: int) -> str:
    """When, for whom and how, as one phrase."""
    how = _within(str(CHANNELS[reminder.channel]))
    return ", ".join((when(reminder, zone), _whom(reminder, reader_id), how))


def when(reminder: EventReminder, zone: str) -> str:
    """ "30 minutes before", or the date."""
    if reminder.mode == ReminderMode.AT:
        return format_instant(reminder.at, zone) if reminder.at is not None else ""
    return before(reminder.amount or 0, ReminderUnit(reminder.unit))


def before(amount: int, unit: ReminderUnit) -> str:
    """How long before the start."""
    return BEFORE[unit](amount) if amount else _("At the start")


def _whom(reminder: EventReminder, reader_id: int) -> str:
    if reminder.recipients == ReminderWhom.ALL or reminder.user_id == reader_id:
        return _within(str(RECIPIENTS[reminder.recipients]))
    return _("for %(name)s", name=reminder.user)


def _within(words: str) -> str:
    """As it stands within a phrase."""
    return words[:1].lower() + words[1:]


def status_of(reminder: EventReminder, zone: str) -> str:
    """What became of it, when and why: "Dropped on 09/03/2027 14:00: no template chosen"."""
    words = str(STATUSES[reminder.status])
    if reminder.status == ReminderStatus.WAITING:
        if reminder.queued_at is not None:
            return _("Waiting: the e-mail is in the outbox")
        due = format_instant(reminder.due_at, zone) if reminder.due_at is not None else ""
        return _("Waiting, due on %(when)s", when=due) if due else words
    if reminder.status_at is not None:
        when_ = format_instant(reminder.status_at, zone)
        words = _("%(status)s on %(when)s", status=words, when=when_)
    told = reminder.detail or (str(REASONS[reminder.reason]) if reminder.reason else "")
    return labelled(words, told) if told else words


def skipped_of(reminder: EventReminder) -> list[str]:
    """Who got no mail, each with the reason."""
    return [
        _("Not sent to %(name)s: %(reason)s", name=name, reason=SKIPPED[reason])
        for name, reason in reminder.skipped
    ]
