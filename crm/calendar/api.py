"""/api/v1/events."""

from crm.calendar import fields
from crm.calendar.views import EventView
from crm.core.api import ModelRestApi, columns_of


class EventApi(ModelRestApi):
    """Events, by the declarations of their pages; the status may be written too."""

    view = EventView
    children = {
        "participants": (*fields.GUEST, *fields.ANSWER),
        "reminders": (*fields.REMINDER, *fields.REMINDED),
    }
    edit_columns = ("status", *columns_of(EventView)["edit_columns"])
