"""Changing events of a series: this one, this and the following, or all. Source: spec 9.4.

*This* detaches the event for what changes. *The following* splits the series: a new one starts
here. *All* touches every planned event. A new time is a shift of the clock on the wall, a new rule
makes the planned events anew, keeping their guests and links. Where some events of a series stay as
they are (done, cancelled, deleted, or others'), those that move or repeat otherwise become a series
of their own, so that each series has one rule.

For whoever moves an event, in the calendar or elsewhere: `move`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import select

from crm.calendar import services
from crm.calendar.invitations.going_on import as_later_series
from crm.calendar.models import Event, EventSeries
from crm.calendar.recurrence import Rule, anchored, at_clock, occurrences
from crm.calendar.reminders.copying import lines_like
from crm.calendar.series.arithmetic import extended_back, matched, moved_rule, rest_of
from crm.calendar.series.copying import guests_like
from crm.calendar.series.creating import add_copies, begin, end_of, new_series
from crm.calendar.series.reach import Reach, Touched, touched
from crm.calendar.series.writing import together
from crm.core.datamodel.saving import flush
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.rows import unfiltered

TIME = services.TIME


@dataclass
class Plan:
    """What a change does to the places of a series.

    `places` maps the place of each touched event to its new one; `free` are new places without an
    event, `surplus` the events without a new place.
    """

    rule: Rule
    zone: ZoneInfo
    places: dict[datetime, datetime]
    begin: datetime
    free: list[datetime] = field(default_factory=list)
    surplus: list[Event] = field(default_factory=list)


def move(
    event: Event,
    starts_at: datetime,
    ends_at: datetime,
    reach: Reach = Reach.THIS,
    *,
    with_apart: bool = False,
) -> Touched:
    """Let an event, and those of its series within `reach`, take place at another time."""
    values = {"starts_at": starts_at, "ends_at": ends_at}
    return update(event, values, reach, with_apart=with_apart)


def update(
    event: Event,
    values: Mapping[str, Any],
    reach: Reach = Reach.THIS,
    *,
    rule: Rule | None = None,
    with_apart: bool = False,
) -> Touched:
    """Change an event and those of its series within `reach`; `values` as for one event.

    `rule` begins with this event's new start; on an event that does not repeat it makes a series.
    `with_apart` changes also what was changed on single events before. Returns the events; raises
    DomainError by field, "reach" where nothing is planned any more.
    """
    if event.series_id is None or reach is Reach.THIS:
        return _update_one(event, values, rule)
    found = touched(event, reach)
    if not found.events:
        raise DomainError(_("None of these events is planned."), field="reach")
    change = _Change(event, values, with_apart=with_apart)
    plan = _renewed(change, reach, rule, found) if rule is not None else _shifted(change, reach)
    series = _series_for(change, plan, reach, rule, found)
    kept = [one for one in found.events if one not in plan.surplus]
    with together():
        for one in kept:
            change.apply(one, plan, series)
    _bin(plan.surplus)
    if plan.free:
        add_copies(event if event in kept else kept[0], plan.free)
    return found


def _update_one(event: Event, values: Mapping[str, Any], rule: Rule | None) -> Touched:
    if rule is not None and event.series_id is not None:
        raise DomainError(_("A new rule is for this and the following events."), field="reach")
    services.update(event, values)
    return Touched([event] if rule is None else begin(event, rule))


class _Change:
    """What changes on one event, to be applied to others of its series."""

    def __init__(self, event: Event, values: Mapping[str, Any], *, with_apart: bool) -> None:
        self.event, self.with_apart = event, with_apart
        self.before = event.apart
        times = services.complete_times(event, dict(values))
        self.start, self.end = times["starts_at"], times["ends_at"]
        self.all_day, self.zone = bool(times["all_day"]), ZoneInfo(times["time_zone"])
        self.names = services.changed_names(event, values)
        self.values = {
            name: value
            for name, value in values.items()
            if name in self.names and name not in services.TIMES
        }
        was, now = _wall(event.starts_at, event.zone), _wall(self.start, self.zone)
        self.turn: timedelta = now - was
        self.length = self.end - self.start
        self.has_length = self.length != event.ends_at - event.starts_at

    @property
    def has_time(self) -> bool:
        return TIME in self.names

    def turned(self, place: datetime) -> datetime:
        """A place of the series, with the clock on the wall turned as that of the event."""
        wall = _wall(place, self.event.series.zone if self.event.series else self.zone)
        return at_clock((wall + self.turn).date(), (wall + self.turn).time(), self.zone)

    def apply(self, one: Event, plan: Plan, series: EventSeries) -> None:
        """Change one of the touched events, but what was changed on it alone before."""
        place = plan.places[one.original_start]  # type: ignore[index]  # an event of a series
        is_moved = place != one.original_start or self.has_time
        skipped = frozenset() if self.with_apart or one is self.event else one.apart
        values = {name: value for name, value in self.values.items() if name not in skipped}
        if "participants" in values and one is not self.event:
            values["participants"] = guests_like(one, values["participants"], self.event)
        if "reminders" in values and one is not self.event:
            values["reminders"] = lines_like(one, values["reminders"], self.event)
        if is_moved and TIME not in skipped:
            stays = one is self.event and TIME in one.apart and not self.with_apart
            values |= self._times(one, self.start if stays else place)
        one.series, one.original_start = series, place
        if one is self.event or self.with_apart:
            kept_time = {TIME} if one is self.event and not self.with_apart else set()
            one.apart = one.apart - (self.names - kept_time)
        if values:
            services.write(one, values)

    def _times(self, one: Event, start: datetime) -> dict[str, Any]:
        length = self.length if self.has_length else one.ends_at - one.starts_at
        return {
            "starts_at": start,
            "ends_at": end_of(start, length, self.zone, all_day=self.all_day),
            "all_day": self.all_day,
            "time_zone": self.zone.key,
        }


def _shifted(change: _Change, reach: Reach) -> Plan:
    """The same rule from the first touched place on, at another time where that changes."""
    series = change.event.series
    assert series is not None  # noqa: S101  # the caller asked
    places = series.places()
    first = 0 if reach is Reach.ALL else places.index(_place(change.event))
    old = places[first:]
    rest = rest_of(series.rule, places, first, series.zone)
    if not change.has_time:
        return Plan(rest, series.zone, dict(zip(old, old, strict=True)), old[0])
    begin_at = change.turned(old[0])
    before = old[0].astimezone(series.zone).date()
    rule = moved_rule(rest, before, begin_at.astimezone(change.zone).date(), len(old))
    new = occurrences(rule, begin_at, change.zone)
    return Plan(rule, change.zone, dict(zip(old, new, strict=True)), begin_at)


def _renewed(change: _Change, reach: Reach, rule: Rule, found: Touched) -> Plan:
    """The places of a new rule, which begins with the event; all: with the first planned one."""
    local = change.start.astimezone(change.zone)
    occurrences(rule, change.start, change.zone)  # refuses what is wrong with it, by field
    old = [change.turned(_place(one)).astimezone(change.zone).date() for one in found.events]
    floor = local.date() if reach is Reach.FOLLOWING else min(old[0], local.date())
    whole, first = extended_back(rule, local.date(), floor)
    begin_at = change.start if first == local.date() else at_clock(first, local.time(), change.zone)
    new = occurrences(whole, begin_at, change.zone)
    pairs, free = matched(old, [one.astimezone(change.zone).date() for one in new])
    return Plan(
        whole,
        change.zone,
        {_place(found.events[number]): new[other] for number, other in pairs.items()},
        begin_at,
        [new[number] for number in free],
        [one for number, one in enumerate(found.events) if number not in pairs],
    )


def _place(event: Event) -> datetime:
    assert event.original_start is not None  # noqa: S101  # an event of a series has one
    return event.original_start


def _series_for(
    change: _Change, plan: Plan, reach: Reach, rule: Rule | None, found: Touched
) -> EventSeries:
    """The series that the touched events are of afterwards: theirs, or a new one."""
    series = change.event.series
    assert series is not None  # noqa: S101  # the caller asked
    with unfiltered("whether a series has events that a change leaves as they are"):
        ids = set(db.session.scalars(select(Event.id).where(Event.series_id == series.id)))
    moved = {one.id for one in found.events}
    is_alone = ids <= moved
    if not is_alone and (reach is Reach.FOLLOWING or change.has_time or rule is not None):
        later = new_series(plan.rule, plan.begin, plan.zone)
        as_later_series(series, later, found.events)
        return later
    if is_alone:
        series.rule = anchored(plan.rule, plan.begin.astimezone(plan.zone).date())
        series.starts_at, series.time_zone = plan.begin, plan.zone.key
    return series


def _bin(events: Sequence[Event]) -> None:
    """Delete events that a new rule has no place for; restored, each is on its own."""
    for event in events:
        event.series = event.original_start = None
        event.apart = ()
        services.delete(event)
    flush()


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)
