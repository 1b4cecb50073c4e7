"""Deleting events of a series as one act; restored as one by `services.restore`.

The events of an act have the same `deleted_at`, by which the bin knows them. Source: spec 9.4.
"""

from flask_babel import gettext as _

from crm.calendar import services
from crm.calendar.event_dates import related_keys, update_event_dates
from crm.calendar.models import Event
from crm.calendar.reminders.scheduling import follow
from crm.calendar.series.reach import Reach, Touched, touched
from crm.core.datamodel.saving import flush
from crm.core.errors import DomainError
from crm.core.types import utcnow


def delete(event: Event, reach: Reach = Reach.THIS) -> Touched:
    """Move events to the bin: this one, or planned ones. Returns which; raises DomainError."""
    if event.series_id is None or reach is Reach.THIS:
        services.delete(event)
        return Touched([event])
    found = touched(event, reach, "delete")
    if not found.events:
        raise DomainError(_("None of these events is planned."), field="reach")
    now = utcnow()
    for one in found.events:
        one.deleted_at = now
    flush()
    update_event_dates(frozenset().union(*map(related_keys, found.events)))
    follow(found.events)
    return found
