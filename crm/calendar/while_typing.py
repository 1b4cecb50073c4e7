"""What the form of an event says while one types: who is busy then, and that a date is past."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from crm.calendar.display import format_span
from crm.calendar.forms import EventForm
from crm.calendar.models import Availability, Event, EventType
from crm.calendar.overlaps import Overlap, Period, next_free, overlaps
from crm.calendar.services import HOUR
from crm.core.datamodel import DataModel
from crm.core.types import utcnow
from crm.core.views.display import zone

TIMES = ("starts_at", "ends_at", "all_day")
NAMES = (*TIMES, "owner", "availability", "participants")


@dataclass
class Hints:
    """What templates/calendar/while_typing.html places; `slot` is (words, start, end) to take."""

    past: str = ""
    busy: list[str] = field(default_factory=list)
    slot: tuple[str, str, str] | None = None


def hints_for(form: EventForm, typed: MultiDict[str, str], event: Event | None) -> Hints:
    """What is to be said of what was typed into `form`, which has the fields `NAMES`.

    What cannot be read says nothing yet.
    """
    form.row = event
    form.read(typed)
    span = _span(form, event)
    if span is None:
        return Hints()
    found = Hints(past=_("This date is in the past.") if span[1] < utcnow() else "")
    people = _people(form.values)
    if (
        form.type == EventType.TASK
        or form.values.get("availability") == Availability.FREE
        or not people
    ):
        return found
    but = event.id if event is not None else None
    clashes = overlaps(people, span, but)
    names = _names(form.datamodel, clashes)
    found.busy = [_sentence(one, names) for one in clashes]
    if clashes and not form.values.get("all_day"):
        found.slot = _slot(form.datamodel, next_free(people, span, ZoneInfo(zone()), but))
    return found


def _span(form: EventForm, event: Event | None) -> Period | None:
    starts_at, ends_at = form.values.get("starts_at"), form.values.get("ends_at")
    if not isinstance(starts_at, datetime):
        return None
    if not isinstance(ends_at, datetime):
        ends_at = starts_at + (event.ends_at - event.starts_at if event is not None else HOUR)
    return (starts_at, ends_at) if ends_at > starts_at else None


def _people(values: Mapping[str, Any]) -> set[int]:
    """The users whom the event would keep busy."""
    guests = [line.get("user") for line in values.get("participants") or ()]
    return {user.id for user in (values.get("owner"), *guests) if user is not None}


def _names(datamodel: DataModel, clashes: list[Overlap]) -> dict[int, str]:
    users = select(User).where(User.id.in_({one.user_id for one in clashes}))
    return {user.id: str(user) for user in datamodel.session.scalars(users)} if clashes else {}


def _sentence(one: Overlap, names: Mapping[int, str]) -> str:
    when = format_span(one.starts_at, one.ends_at)
    if one.subject:
        return _(
            "%(person)s already has “%(event)s”, %(when)s.",
            person=names[one.user_id],
            event=one.subject,
            when=when,
        )
    return _("%(person)s is busy, %(when)s.", person=names[one.user_id], when=when)


def _slot(datamodel: DataModel, free: Period | None) -> tuple[str, str, str] | None:
    if free is None:
        return None
    shown = EventForm(datamodel, ["starts_at", "ends_at"])
    shown.fill({"starts_at": free[0], "ends_at": free[1]})
    start, end = (shown.fields[name].text for name in ("starts_at", "ends_at"))
    return format_span(*free), start, end
