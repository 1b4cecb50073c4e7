"""/api/v1/events."""

from collections.abc import Mapping
from typing import Any

from crm.calendar import fields
from crm.calendar.series import changing, deleting
from crm.calendar.series.reach import Reach
from crm.calendar.views import EventView
from crm.core.api import ModelRestApi, columns_of


class EventApi(ModelRestApi):
    """Events, by the declarations of their pages; the status may be written too.

    `reach` says how far a change or a deletion goes where the event is of a series.
    """

    view = EventView
    children = {
        "participants": (*fields.GUEST, *fields.ANSWER),
        "reminders": (*fields.REMINDER, *fields.REMINDED),
    }
    edit_columns = ("status", *columns_of(EventView)["edit_columns"])
    verb_options = {"reach": tuple(Reach)}

    def change(self, row: Any, values: dict[str, Any], options: Mapping[str, str]) -> None:
        changing.update(row, values, Reach(options["reach"]))

    def remove(self, row: Any, options: Mapping[str, str]) -> None:
        deleting.delete(row, Reach(options["reach"]))
