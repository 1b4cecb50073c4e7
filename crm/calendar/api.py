"""/api/v1/events."""

from collections.abc import Mapping
from typing import Any

from crm.calendar import fields
from crm.calendar.busy import BESIDE, BusyTime, beside_list
from crm.calendar.models import Availability
from crm.calendar.series import changing, deleting
from crm.calendar.series.reach import Reach
from crm.calendar.views import EventView
from crm.core.api import ModelRestApi, columns_of
from crm.core.api.arguments import ListArguments
from crm.core.api.filtering import where
from crm.core.api.query_schemas import TEXT, object_schema
from crm.core.api.schemas import ID
from crm.core.models.kinds.times import write_utc

MOMENT = {**TEXT, "format": "date-time"}
TIME = object_schema(
    ("starts_at", "ends_at", "all_day", "owner", "availability"),
    starts_at=MOMENT,
    ends_at=MOMENT,
    all_day={"type": "boolean"},
    owner={**ID, "description": "The user whose time it is."},
    availability={**TEXT, "enum": [one.value for one in Availability]},
)


class EventApi(ModelRestApi):
    """Events, by the declarations of their pages; the status may be written too.

    `reach` says how far a change or a deletion goes where the event is of a series; `recurrence` is
    its rule.
    """

    view = EventView
    children = {
        "participants": (*fields.GUEST, *fields.ANSWER),
        "reminders": (*fields.REMINDER, *fields.REMINDED),
    }
    list_columns = (*columns_of(EventView)["list_columns"], "recurrence")
    show_columns = (*columns_of(EventView)["show_columns"], "recurrence")
    list_relations = ("series",)
    edit_columns = ("status", *columns_of(EventView)["edit_columns"])
    beside_schemas: Mapping[str, Any] = {
        "busy": {
            "type": "array",
            "items": TIME,
            "description": f"The first {BESIDE} private events of others, of which you see the "
            "time alone; only without search, and filtered and sorted by time and owner.",
        }
    }

    save_options = {"reach": tuple(Reach)}

    def change(self, row: Any, values: dict[str, Any], options: Mapping[str, str]) -> None:
        changing.update(row, values, Reach(options["reach"]))

    def remove(self, row: Any, options: Mapping[str, str]) -> None:
        deleting.delete(row, Reach(options["reach"]))

    def beside(self, asked: ListArguments) -> dict[str, Any]:
        is_first = not (asked.search or asked.cursor or asked.page)
        known = {one["col"]: where(self.datamodel.obj, one) for one in asked.filters}
        is_plain = is_first and len(known) == len(asked.filters)
        times = beside_list(known, self._order(asked)) if is_plain else []
        return {"busy": [_shown(one) for one in times]}


def _shown(one: BusyTime) -> dict[str, Any]:
    return {
        "starts_at": write_utc(one.starts_at),
        "ends_at": write_utc(one.ends_at),
        "all_day": one.all_day,
        "owner": one.owner_id,
        "availability": one.availability.value,
    }
