"""A series as calendars read it: its rule, the days that are off, and what differs.

Pure: `write` makes the component of one event. Source: RFC 5545, 3.8.4.4 and 3.8.5.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta

import icalendar

from crm.calendar.models import Event, EventSeries, EventStatus
from crm.calendar.recurrence import rrule_text
from crm.calendar.series.arithmetic import clipped

Write = Callable[[Event], icalendar.Event]

# What the component of the series says for all its events.
SHARED = (
    "subject", "location", "description", "video_url", "all_day", "time_zone", "availability",
    "visibility", "owner_id",
)  # fmt: skip


def write_series(
    series: EventSeries, events: Sequence[Event], write: Write
) -> Iterator[icalendar.Event]:
    """The components of those `events` of a series that a reader has; the others are off.

    An event whose start the rule cannot tell is written on its own: one out of its place, and all
    of a series that begins in the hour that clocks show twice.
    """
    places = series.places()
    known = set(places)
    ruled = [one for one in events if one.original_start in known]
    if not ruled or places[0].astimezone(series.zone).fold:
        yield from map(write, events)
        return
    whole = _Whole(series, places, _typical(ruled))
    yield whole.component(write, {one.original_start for one in ruled})
    for event in events:
        if event.original_start not in known:
            yield write(event)
        elif not whole.tells(event):
            yield whole.exception(write, event)


def _typical(events: Sequence[Event]) -> Event:
    """The event that the others are most likely to be like."""
    planned = [one for one in events if one.status != EventStatus.CANCELLED]
    return next((one for one in planned if not one.apart), (planned or events)[0])


class _Whole:
    """A series with the event that its component is written from."""

    def __init__(self, series: EventSeries, places: Sequence[datetime], like: Event) -> None:
        self.series, self.places, self.like = series, places, like
        self.length = like.ends_at - like.starts_at
        self.days = (like.last_day - like.first_day).days + 1
        self.clock = places[0].astimezone(series.zone).time()

    def component(self, write: Write, there: set[datetime | None]) -> icalendar.Event:
        """The rule from its first place to that of the last event; places without one are off."""
        written = write(self.like)
        first = self.moment(self.places[0])
        is_day = self.like.all_day
        last = first + (timedelta(days=self.days) if is_day else self.length)
        self._name(written)
        for name, value in (("dtstart", first), ("dtend", last)):
            written.pop(name)
            written.add(name, value)
        end = max(number for number, place in enumerate(self.places) if place in there)
        rule = clipped(self.series.rule, self.places, 0, end, self.series.zone)
        text = rrule_text(rule, self.places[0], self.series.zone, all_day=is_day)
        written.add("rrule", icalendar.vRecur.from_ical(text))
        for place in self.places[:end]:
            if place not in there:
                written.add("exdate", self.moment(place))
        return written

    def exception(self, write: Write, event: Event) -> icalendar.Event:
        """One event, in place of what the rule says."""
        written = write(event)
        self._name(written)
        assert event.original_start is not None  # noqa: S101  # it has a place
        written.add("recurrence-id", self.moment(event.original_start))
        return written

    def _name(self, written: icalendar.Event) -> None:
        written.pop("uid")
        written.add("uid", self.series.uid)

    def moment(self, place: datetime) -> date:
        """A place as a reader counts it from the rule: by the clock, also where clocks skip it."""
        local = place.astimezone(self.series.zone)
        if self.like.all_day:
            return local.date()
        return datetime.combine(local.date(), self.clock, self.series.zone)

    def tells(self, event: Event) -> bool:
        """Whether the component of the series says all of an event."""
        like = self.like
        if (event.status == EventStatus.CANCELLED) != (like.status == EventStatus.CANCELLED):
            return False
        if any(getattr(event, name) != getattr(like, name) for name in SHARED):
            return False
        return self._is_in_time(event)

    def _is_in_time(self, event: Event) -> bool:
        if event.time_zone != self.series.time_zone or event.starts_at != event.original_start:
            return False
        if event.all_day:
            return (event.last_day - event.first_day).days + 1 == self.days
        starts, ends = (one.astimezone(event.zone) for one in (event.starts_at, event.ends_at))
        # Readers differ about an event during which clocks change, or whose hour they skip.
        is_plain = starts.utcoffset() == ends.utcoffset() and starts.time() == self.clock
        return is_plain and event.ends_at - event.starts_at == self.length
