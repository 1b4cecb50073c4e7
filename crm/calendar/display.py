"""Display of an event: icon of the type, icon of the status, dates."""

from datetime import date, datetime
from typing import Any
from urllib.parse import quote_plus
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext

from crm.calendar.models import (
    EVENT_TYPES,
    Answer,
    Event,
    EventReminder,
    EventStatus,
    EventType,
    ReminderStatus,
    Visibility,
)
from crm.calendar.reminders.words import describe, skipped_of, status_of
from crm.core.actor import current_actor
from crm.core.models import spec_of
from crm.core.models.text import days_until, format_day, format_local_near
from crm.core.types import utcnow
from crm.core.views import Action, Field, FieldGroup, Panel
from crm.core.views.display import display_next, zone

ICONS = {
    EventType.MEETING: "users",
    EventType.CALL: "phone",
    EventType.TASK: "square-check",
    EventType.EVENT: "calendar-event",
}
HUES = {
    EventType.MEETING: "blue",
    EventType.CALL: "teal",
    EventType.TASK: "amber",
    EventType.EVENT: "violet",
}
PRIVATE = "lock"  # its icon; it never stands without the word
SIGNS = {
    EventStatus.PLANNED: ("st-0", "gray"),
    EventStatus.DONE: ("st-won", "green"),
    EventStatus.CANCELLED: ("ban", "gray"),
}
ANSWERS = {
    Answer.WAITING: ("clock", "gray"),
    Answer.YES: ("check", "green"),
    Answer.NO: ("x", "red"),
    Answer.MAYBE: ("help", "amber"),
}
MAP = "https://www.openstreetmap.org/search?query={}"


def arrange(event: Event, field: Field) -> Field:
    """Complete the display of a field of an event."""
    match field.name:
        case "type":
            field.icon = ICONS[event.type]
        case "status":
            field.kind = "status"
            field.glyph, field.hue = SIGNS[event.status]
        case "starts_at" | "ends_at" if event.all_day:
            is_start = field.name == "starts_at"
            field.text = format_day(event.first_day if is_start else event.last_day)
            field.title = ""
        case "location" if event.location:
            field.url = MAP.format(quote_plus(event.location))
        case "time_zone" if event.time_zone == zone():
            field.value, field.text = None, ""  # the reader's own says nothing
        case _:
            pass
    return field


def mark_start(event: Event, field: Field) -> None:
    """In a list: mark the start as late or today; only planned events can be late."""
    if event.status != EventStatus.PLANNED:
        return
    text = field.text
    display_next(field, event.starts_at)
    if field.tone == "late" and event.ends_at > utcnow():
        field.tone, field.text = "today", text
    elif not field.tone:
        field.icon = ICONS[event.type]
    if event.all_day and field.tone != "late":
        field.text = text if field.tone != "today" else str(_("Today"))


def mark_private(event: Event, field: Field) -> None:
    """In a list: say beside the type that others do not see the event."""
    if event.visibility == Visibility.PRIVATE:
        field.kind, field.icon = "next", PRIVATE
        field.text = f"{field.text} · {private_words()}"


def private_sign() -> Field:
    """The sign and the word for a private event, in the head of a record and in a panel."""
    return Field("visibility", "", "next", None, private_words(), icon=PRIVATE)


def private_words() -> str:
    """The word for a private event."""
    return str((spec_of(Event, "visibility").choices or {})[Visibility.PRIVATE])


def warn_late(event: Event, field: Field) -> None:
    """On the record: beside the start, how long a planned event is overdue."""
    if event.status != EventStatus.PLANNED or event.ends_at > utcnow():
        return
    days = -days_until(event.ends_at.astimezone(ZoneInfo(zone())))
    field.tone = "late"
    field.warning = (
        ngettext("%(num)s day overdue", "%(num)s days overdue", days) if days else _("Overdue")
    )


def format_when(event: Event) -> str:
    """The day, with the times unless it is all day: Thu 21 Jan 10:00–11:00."""
    if event.all_day:
        return format_days(event.first_day, event.last_day)
    return format_span(event.starts_at, event.ends_at)


def format_days(first: date, last: date) -> str:
    """The days of an all-day event, the last one included."""
    return format_day(first) if first == last else f"{format_day(first)} – {format_day(last)}"


def format_span(starts_at: datetime, ends_at: datetime) -> str:
    """From when to when, the day once where it is one: Thu 21 Jan 10:00–11:00."""
    start, end = (moment.astimezone(ZoneInfo(zone())) for moment in (starts_at, ends_at))
    if start.date() == end.date():
        return f"{_moment(start)}–{end:%H:%M}"
    return f"{_moment(start)} – {_moment(end)}"


def _moment(local: datetime) -> str:
    days = days_until(local)
    time = f" {local:%H:%M}" if abs(days) > 30 else ""
    return f"{format_local_near(local, days)}{time}"


def put_reminders(event: Event, group: FieldGroup, edit_url: str) -> None:
    """Each reminder that the reader may see, with what became of it."""
    group.fields = [_reminder(one) for one in event.reminders]
    if edit_url:
        group.action = Action(_("Reminder"), f"{edit_url}#f-reminders", "plus")


def _reminder(reminder: EventReminder) -> Field:
    shown = Field(f"reminder_{reminder.id}", "", "text", reminder)
    shown.label = describe(reminder, zone(), current_actor().user_id)
    shown.text = status_of(reminder, zone())
    if reminder.status in (ReminderStatus.FAILED, ReminderStatus.DROPPED):
        shown.tone = "late"
    shown.warning = " ".join(skipped_of(reminder))
    return shown


def next_panel(event: Event, url: str | None, done: str) -> Panel:
    """The panel of a record's next event, with the button "Mark as done"."""
    head = Field("next_event_at", "", "next", event.starts_at)
    mark_start(event, head)
    head.text = (
        f"{EVENT_TYPES[event.type]} · {head.text}" if head.tone else str(EVENT_TYPES[event.type])
    )
    subject = Field("subject", "", "text", event.subject, event.subject, url=url)
    lines = [head, subject, Field("when", "", "text", None, format_when(event))]
    if event.location:
        lines.append(arrange(event, Field("location", "", "text", None, event.location)))
    if event.visibility == Visibility.PRIVATE:
        lines.append(private_sign())
    actions = [Action(_("Mark as done"), done, "check")] if done else []
    return Panel(_("Next event"), first=True, lines=lines, actions=actions)


def type_labels() -> dict[EventType, str]:
    """What events of each type are called together."""
    return {
        EventType.MEETING: _("Meetings"),
        EventType.CALL: _("Calls"),
        EventType.TASK: _("Tasks"),
        EventType.EVENT: _("Events"),
    }


def create_words() -> dict[EventType, str]:
    """What creating an event of each type is called."""
    return {
        EventType.MEETING: _("Create a meeting"),
        EventType.CALL: _("Create a call"),
        EventType.TASK: _("Create a task"),
        EventType.EVENT: _("Create an event"),
    }


def create_action(add: Any) -> Action:
    """The button to create an event: a menu of the four types; `add(type)` is the form's URL."""
    children = [
        Action(label, add(type_), ICONS[type_], opens_dialog=True)
        for type_, label in create_words().items()
    ]
    url = add(EventType.MEETING)
    return Action(_("Create an event"), url, "calendar-plus", children=children)
