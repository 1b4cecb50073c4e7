"""The form of an event, which depends on its type, and the dialog "Mark as done"."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from crm.calendar import guest_form
from crm.calendar.fields import APART
from crm.calendar.models import Event, EventType
from crm.calendar.reminders import form as reminders
from crm.calendar.series.repeating import Repeat
from crm.core.datamodel import DataModel
from crm.core.datamodel.rules import Values
from crm.core.forms import Dialog, Form, FormField
from crm.core.forms.dialog import TICK
from crm.core.models import Spec, kinds
from crm.core.models.dates import without_time

DAY = timedelta(days=1)
TELL = "tell"  # the checkbox "Tell the guests"
WHEN = ("starts_at", "ends_at")


def names_for(type_: str, names: Sequence[str]) -> list[str]:
    """The `names` that exist for this type of event."""
    apart = APART.get(type_, ())
    return [name for name in names if name not in apart]


class EventForm(Form):
    """Tasks have a due date; all-day events have days, the last one included.

    Days are those of the event's own time zone: they stay the same wherever they are read.
    """

    def __init__(self, datamodel: DataModel, names: Sequence[str], **said: Any) -> None:
        self.type = said.pop("type_", EventType.MEETING)
        self.asks_tell, self.tells = False, True
        self.typed_guest = self.guests_url = self.sentence = self.proposed = ""
        self.is_short = said.pop("is_short", False)
        self.repeat: Repeat | None = None  # what is asked about repetition
        self.repeat_start: datetime | None = None
        self.repeat_url = ""
        super().__init__(datamodel, names_for(self.type, names), **said)
        self._arrange_reminders()
        self.has_days = self.type == EventType.TASK
        self._set_kind(has_days=self.has_days)
        for field in self._when():
            if self.has_days:
                field.spec = replace(field.spec, label=_l("Due date"), required=True)
                field.widget = "date"
            else:
                field.days_if = "all_day"
        if "ends_at" in self.fields:
            self.fields["ends_at"].follows = "starts_at"

    @property
    def guests(self) -> list[tuple[guest_form.ShownGuest, dict[str, FormField]]]:
        """The guests with the inputs of their rows."""
        return list(guest_form.rows_of(self.fields["participants"]))

    def _arrange_reminders(self) -> None:
        if reminders.NAME not in self.fields:
            return
        if self.is_short:
            self.fields[reminders.NAME] = reminders.short_field()
        else:
            self.fields[reminders.NAME].add_label = _("Add a reminder")

    def _show_stored(self, field: FormField, values: Values) -> None:
        if field.name != reminders.NAME:
            super()._show_stored(field, values)
        elif self.is_short:
            reminders.offer(field, reminders.minutes_of(values.get(field.name) or ()))
        else:
            self._show_lines(field, values.get(field.name) or [reminders.BLANK])

    def _is_left_out(self, field: FormField, sent: Sequence[list[str]], child: Any) -> bool:
        """A line says nothing where it has neither a duration nor a date."""
        if field.name != reminders.NAME:
            return super()._is_left_out(field, sent, child)
        texts = dict(zip(self.children[field.name], sent, strict=True))
        return not any("".join(texts[name]).strip() for name in ("amount", "at"))

    def known_values(self) -> Values:
        """As for every form; a list that could not be read is no empty one."""
        found = super().known_values()
        return {
            name: value
            for name, value in found.items()
            if name != reminders.NAME or value is not None
        }

    def _when(self) -> list[FormField]:
        return [self.fields[name] for name in WHEN if name in self.fields]

    def _set_kind(self, *, has_days: bool) -> None:
        kind = kinds.DATE if has_days else kinds.INSTANT
        for field in self._when():
            field.spec = replace(field.spec, kind=kind)

    def fill(self, values: Values) -> "EventForm":
        has_days = self.has_days or bool(values.get("all_day"))
        self._set_kind(has_days=has_days)
        super().fill({**values, **self._days(values)} if has_days else values)
        if "participants" in self.fields:
            guest_form.drop_blank(self.fields["participants"])
        return self

    def _days(self, values: Values) -> dict[str, date]:
        zone = self.clock(values)
        moments = {name: values[name] for name in WHEN if isinstance(values.get(name), datetime)}
        if "ends_at" in moments:
            moments["ends_at"] -= timedelta(microseconds=1)
        return {name: moment.astimezone(zone).date() for name, moment in moments.items()}

    def read(self, posted: MultiDict[str, str], before: Values | None = None) -> bool:
        self.reads_days = self.has_days or "all_day" in posted
        super().read(posted, before)
        zone = self.clock({**(before or {}), **self.values})
        for name in WHEN:
            day = self.values.get(name)
            if isinstance(day, date) and not isinstance(day, datetime):
                end = DAY if name == "ends_at" else timedelta()
                self.values[name] = datetime.combine(day + end, time(), zone).astimezone(UTC)
        if self.type == EventType.TASK and "starts_at" in self.values:
            self.values["ends_at"] = self.values["starts_at"] + DAY
        return self.is_read

    def _read_text(
        self, name: str, field: FormField, posted: MultiDict[str, str], before: Values
    ) -> None:
        if name == reminders.NAME:
            self.values[name] = reminders.lines_of(posted.get(name, ""))
            reminders.offer(field, reminders.minutes_of(self.values[name]))
            return
        if name in WHEN:
            self._set_kind(has_days=self.reads_days)
            if self.reads_days:
                posted = MultiDict({name: without_time(posted.get(name, ""))})
        super()._read_text(name, field, posted, before)

    def _read_lines(
        self, field: FormField, posted: MultiDict[str, str], before: Sequence[Any]
    ) -> None:
        """The guests that were chosen, and the address that stands in their box."""
        if field.name == reminders.NAME:
            super()._read_lines(field, posted, before)
            return
        try:
            address = guest_form.typed_guest(posted)
        except ValueError:
            self.typed_guest = posted[guest_form.TYPED]
            super()._read_lines(field, posted, before)
            guest_form.drop_blank(field)
            raise
        if address is not None:
            posted = guest_form.with_address(field, posted, address)
        super()._read_lines(field, posted, before)
        guest_form.drop_blank(field)

    def clock(self, values: Mapping[str, Any]) -> ZoneInfo:
        """The time zone of the event: of a new one its owner's, else the reader's."""
        owner = getattr(values.get("owner"), "time_zone", None)
        return ZoneInfo(
            getattr(self.row, "time_zone", None) or values.get("time_zone") or owner or self.zone
        )


class CancelEvent(Dialog):
    """Asks whether its guests are told, and with which message. Source: spec 9.3."""

    title = _l("Cancel the event")
    submit = _l("Cancel the event")
    cancel_label = _l("Keep the event")
    done_message = _l("Event cancelled")
    danger: ClassVar[bool] = True

    def __init__(self, datamodel: DataModel, event: Event) -> None:
        super().__init__(datamodel, event)
        self.note = ""
        if event.participants:
            spec = Spec(_l("Message to the guests"), kinds.LONG_TEXT, length=2000)
            self.add_checkbox(TELL, _("Tell the guests"), on=True)
            self.fields["note"] = FormField("note", spec, width="w6")

    def read(self, posted: MultiDict[str, str], before: Values | None = None) -> bool:
        found = super().read(posted, before)
        self.note = str(self.values.get("note") or "")
        return found

    @property
    def tells(self) -> bool:
        """Whether the guests are told; also where the dialog had no guests to ask about."""
        return TICK + TELL not in self.fields or self.is_checked(TELL)


class MarkDone(Dialog):
    """Asks for the outcome. Source: spec 9.2."""

    names = ("outcome",)
    title = _l("Mark as done")
    submit = _l("Mark as done")
    cancel_label = _l("Keep it planned")
    done_message = _l("Event marked as done")
