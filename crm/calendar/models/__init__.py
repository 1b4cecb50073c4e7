"""The tables of events."""

from crm.calendar.models.category import EventCategory
from crm.calendar.models.choice import CalendarChoice
from crm.calendar.models.event import RELATED, Event
from crm.calendar.models.feed import CalendarFeed, FeedKind
from crm.calendar.models.invitation import GuestCheck, Invitation, ReplyMailbox, Told
from crm.calendar.models.participant import Participant
from crm.calendar.models.reminder import EventReminder
from crm.calendar.models.reminder_words import (
    ReminderChannel,
    ReminderMode,
    ReminderReason,
    ReminderStatus,
    ReminderUnit,
    ReminderWhom,
)
from crm.calendar.models.series import EventSeries
from crm.calendar.models.words import (
    EVENT_TYPES,
    Answer,
    Availability,
    Direction,
    EventStatus,
    EventType,
    Priority,
    Role,
    Visibility,
)

__all__ = [
    "EVENT_TYPES",
    "RELATED",
    "Answer",
    "Availability",
    "CalendarChoice",
    "CalendarFeed",
    "Direction",
    "Event",
    "EventCategory",
    "EventReminder",
    "EventSeries",
    "EventStatus",
    "EventType",
    "FeedKind",
    "GuestCheck",
    "Invitation",
    "Participant",
    "Priority",
    "ReminderChannel",
    "ReminderMode",
    "ReminderReason",
    "ReminderStatus",
    "ReminderUnit",
    "ReminderWhom",
    "ReplyMailbox",
    "Role",
    "Told",
    "Visibility",
]
