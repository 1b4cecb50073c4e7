"""Creating a series: its occurrences are events of their own at once. Source: spec 9.4."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from crm.calendar import services
from crm.calendar.event_dates import related_keys, update_event_dates
from crm.calendar.invitations.going_on import as_series
from crm.calendar.models import Event, EventSeries
from crm.calendar.recurrence import Rule, anchored, occurrences
from crm.calendar.series.copying import copy_of
from crm.calendar.signals import occurrences_created
from crm.core import rows
from crm.core.datamodel.saving import flush
from crm.core.db import db
from crm.core.errors import Forbidden


def create(values: Mapping[str, Any], rule: Rule) -> list[Event]:
    """The events of a new series; `values` as for one event, completed by the defaults.

    The first is where `values` say. Raises DomainError by field, those of the rule included.
    """
    full = services.whole_days(dict(values))
    occurrences(rule, full["starts_at"], ZoneInfo(full["time_zone"]))  # or nothing is written
    return begin(services.create(full), rule)


def begin(event: Event, rule: Rule) -> list[Event]:
    """Make an event the first of a new series, with its other occurrences.

    Raises DomainError by field of the rule.
    """
    starts = occurrences(rule, event.starts_at, event.zone)
    series = new_series(rule, starts[0], event.zone)
    event.series, event.original_start = series, starts[0]
    as_series(event, series)
    return [event, *add_copies(event, starts[1:])]


def new_series(rule: Rule, start: datetime, zone: ZoneInfo) -> EventSeries:
    """A series that begins at `start`, in the session."""
    series = EventSeries(starts_at=start, time_zone=zone.key)
    series.rule = anchored(rule, start.astimezone(zone).date())
    db.session.add(series)
    return series


def add_copies(event: Event, starts: Sequence[datetime]) -> list[Event]:
    """Further occurrences of the series of `event`, like it, written and told."""
    if not starts:
        flush()
        return []
    length = event.ends_at - event.starts_at
    copies = []
    with rows.unfiltered("an occurrence keeps the links of its series"):
        for start in starts:
            end = end_of(start, length, event.zone, all_day=event.all_day)
            copy = copy_of(event, start, end)
            copy.series, copy.original_start = event.series, start
            copies.append(copy)
        db.session.add_all(copies)
        flush()
    need_right_to_create(copies)
    update_event_dates(related_keys(event))
    occurrences_created.send(event, events=copies)
    return copies


def need_right_to_create(events: Sequence[Event]) -> None:
    """Raises Forbidden where the actor may not create all of these, which are written already."""
    if not (events and rows.is_filtered()):
        return
    if len(rows.allowed(db.session(), "create", events)) < len(events):
        raise Forbidden(_("You are not allowed to create this record here."))


def end_of(start: datetime, length: timedelta, zone: ZoneInfo, *, all_day: bool) -> datetime:
    """The end of an event of this `length`; of whole days, at midnight whatever the clocks do."""
    if not all_day:
        return start + length
    days = round(length / timedelta(days=1))
    return (start.astimezone(zone) + timedelta(days=days)).astimezone(UTC)
