"""What the popover of an event says and offers."""

from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_name
from flask_babel import gettext as _

from crm.calendar import display
from crm.calendar.answer_views import shown_answer
from crm.calendar.guest_views import guests_panel
from crm.calendar.invitations import answering
from crm.calendar.models import RELATED, Event, EventStatus
from crm.calendar.reminders.words import describe
from crm.calendar.rule_words import long_day
from crm.calendar.series.telling import series_sentence
from crm.core.actor import current_actor
from crm.core.models.locale import locale
from crm.core.views import Action, Field
from crm.core.views.base import view_of
from crm.core.views.display import zone


@dataclass
class Details:
    """Everything templates/calendar/event.html places; a line is (icon, its name, Field)."""

    id: int
    row_version: int
    title: str
    url: str | None
    lines: list[tuple[str, str, Field]] = field(default_factory=list)
    guests: str | None = None  # HTML
    answers: list[Action] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)


def details_of(view: Any, event: Event) -> Details:
    """`view` is that of the events' pages."""
    found = Details(event.id, event.row_version, str(event), view.page_of(event))
    found.lines = [("clock", _("When"), _text(when(event)))]
    if own := own_zone(event):
        found.lines.append(("world", _("Time zone"), _text(own)))
    if event.location:
        found.lines.append(("map-pin", _("Place"), _text(event.location)))
    for name in RELATED:
        if getattr(event, f"{name}_id") is not None:
            shown = view.field_of(event, name)
            found.lines.append((_icon(event, name), str(shown.label), shown))
    for name, icon in (("owner", "user"), ("status", display.ICONS[event.type])):
        shown = view.field_of(event, name)
        found.lines.append((icon, str(shown.label), shown))
    _add_what_is_planned(view, event, found)
    if view.may("edit", event):
        found.actions = _actions(view, event)
    return found


def _add_what_is_planned(view: Any, event: Event, found: Details) -> None:
    """The rule, guests, outcome, one's own answer and the reminders that the reader may see."""
    if rule := series_sentence(event):
        found.lines.append(("repeat", _("Recurrence"), _text(rule)))
    if event.participants:
        found.guests = guests_panel(event).html
    if event.outcome:
        found.lines.append(("message", _("Outcome"), _text(event.outcome)))
    if mine := answering.own_rows(event):
        said = shown_answer(mine[0])
        found.lines.append((said.icon, _("Your answer"), _text(said.text)))
        found.answers = view.answer_actions(event)
    for one in event.reminders:
        phrase = describe(one, zone(), current_actor().user_id)
        found.lines.append(("bell", _("Reminder"), _text(phrase)))


def _text(text: str) -> Field:
    return Field("", "", "text", text, text)


def _icon(event: Event, name: str) -> str:
    target = getattr(event, name)
    view = view_of(target) if target is not None else None
    return str(view.icon) if view is not None else "link"


def _actions(view: Any, event: Event) -> list[Action]:
    actions = [Action(_("Edit"), view.url("edit", pk=event.id), "pencil")]
    if event.status == EventStatus.PLANNED:
        done = view.url("mark_done", pk=event.id)
        actions.append(Action(_("Mark as done"), done, "check", opens_dialog=True))
    return actions


def when(event: Event) -> str:
    """Thursday 21/01/2027, 10:00–11:00 in the reader's zone; of all-day events their days."""
    if event.all_day:
        first, last = event.first_day, event.last_day
        return long_day(first) if first == last else f"{long_day(first)} – {long_day(last)}"
    return _clock_span(event, ZoneInfo(zone()))


def own_zone(event: Event) -> str:
    """The time in the event's own zone, with its name, where it differs from the reader's."""
    if event.all_day or event.time_zone == zone():
        return ""
    name = get_timezone_name(event.zone, width="long", locale=locale(), return_zone=False)
    return f"{_clock_span(event, event.zone)} ({name})"


def _clock_span(event: Event, of: ZoneInfo) -> str:
    first, last = event.starts_at.astimezone(of), event.ends_at.astimezone(of)
    end = (
        f"{last:%H:%M}" if last.date() == first.date() else f"{long_day(last.date())}, {last:%H:%M}"
    )
    return f"{long_day(first.date())}, {first:%H:%M}–{end}"
