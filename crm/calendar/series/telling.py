"""What pages say of the series of an event: its rule in words, from the events there still are."""

from bisect import bisect_left
from datetime import datetime

from sqlalchemy import func, select

from crm.calendar.models import Event
from crm.calendar.recurrence import Rule
from crm.calendar.rule_words import rule_sentence
from crm.calendar.series.arithmetic import clipped
from crm.core.db import db
from crm.core.rows import unfiltered


def rule_now(event: Event, *, from_here: bool = False) -> tuple[Rule, datetime] | None:
    """The rule of the events of the series that are not deleted, and its first place.

    `from_here`: from this event on. None for an event that does not repeat.
    """
    series = event.series
    if series is None or event.original_start is None:
        return None
    ends = select(func.min(Event.original_start), func.max(Event.original_start)).where(
        Event.series_id == series.id, Event.deleted_at.is_(None)
    )
    with unfiltered("a rule is that of all events of the series, whoever reads them"):
        first, last = db.session.execute(ends).one()
    places, here = series.places(), event.original_start
    begin = bisect_left(places, here if from_here or first is None else first)
    end = bisect_left(places, last or here)
    return clipped(series.rule, places, begin, end, series.zone), places[begin]


def series_sentence(event: Event) -> str:
    """The rule of the series of `event` as a sentence, "" where it does not repeat."""
    found = rule_now(event)
    if found is None or event.series is None:
        return ""
    rule, first = found
    return rule_sentence(rule, first.astimezone(event.series.zone), all_day=event.all_day)


def neighbor(event: Event, *, after: bool) -> Event | None:
    """The event of the series before or after this one, as far as the actor reads it."""
    place, here = Event.original_start, event.original_start
    order = place.asc() if after else place.desc()
    statement = (
        select(Event)
        .where(Event.series_id == event.series_id, place > here if after else place < here)
        .order_by(order)
        .limit(1)
    )
    return db.session.scalars(statement).unique().first()
