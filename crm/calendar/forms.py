"""The form of an event, which depends on its type, and the dialog "Mark as done"."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from crm.calendar.fields import APART
from crm.calendar.models import EventType
from crm.core.datamodel import DataModel
from crm.core.datamodel.rules import Values
from crm.core.forms import Dialog, Form
from crm.core.models import kinds

MINUTE = timedelta(minutes=1)


def names_for(type_: str, names: Sequence[str]) -> list[str]:
    """The `names` that exist for this type of event."""
    apart = APART.get(type_, ())
    return [name for name in names if name not in apart]


class EventForm(Form):
    """Tasks have a due date instead of start and end; all-day events end inclusive on screen."""

    def __init__(self, datamodel: DataModel, names: Sequence[str], **said: Any) -> None:
        self.type = said.pop("type_", EventType.MEETING)
        super().__init__(datamodel, names_for(self.type, names), **said)
        if self.type == EventType.TASK and "starts_at" in self.fields:
            field = self.fields["starts_at"]
            field.spec = replace(field.spec, label=_l("Due date"), kind=kinds.DATE, required=True)
            field.widget = "date"

    def fill(self, values: Values) -> "EventForm":
        shown = dict(values)
        starts_at, ends_at = values.get("starts_at"), values.get("ends_at")
        if self.type == EventType.TASK and isinstance(starts_at, datetime):
            shown["starts_at"] = starts_at.astimezone(self.clock(values)).date()
        elif values.get("all_day") and isinstance(ends_at, datetime):
            shown["ends_at"] = ends_at - MINUTE
        super().fill(shown)
        return self

    def read(self, posted: MultiDict[str, str], before: Values | None = None) -> bool:
        ok = super().read(posted, before)
        day = self.values.get("starts_at")
        if isinstance(day, date) and not isinstance(day, datetime):
            midnight = datetime.combine(day, time(), self.clock(before or {})).astimezone(UTC)
            self.values |= {"starts_at": midnight, "ends_at": midnight + timedelta(days=1)}
        return ok

    def clock(self, values: Mapping[str, Any]) -> ZoneInfo:
        """The time zone of the event, else the reader's."""
        return ZoneInfo(
            getattr(self.row, "time_zone", None) or values.get("time_zone") or self.zone
        )


class MarkDone(Dialog):
    """Asks for the outcome. Source: spec 9.2."""

    names = ("outcome",)
    title = _l("Mark as done")
    submit = _l("Mark as done")
    cancel_label = _l("Keep it planned")
    done_message = _l("Event marked as done")
