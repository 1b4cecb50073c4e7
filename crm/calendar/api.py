"""/api/v1/events."""

from crm.calendar.views import EventView
from crm.core.api import ModelRestApi


class EventApi(ModelRestApi):
    """Events, by the declarations of their pages; the status may be written too."""

    view = EventView
    edit_columns = (
        "status",
        *(name for _, said in EventView.edit_fieldsets for name in said["fields"]),
    )
