"""When an event takes place, in the words of an invitation: its own time, and whose time it is."""

from collections.abc import Collection
from datetime import date, datetime

from flask_babel import gettext as _

from crm.calendar.models import Event, EventSeries
from crm.calendar.rule_words import long_day, rule_sentence
from crm.calendar.series.arithmetic import clipped
from crm.core.models.codes import city_time


def when(event: Event) -> str:
    """The day or days, with the times unless it is all day: Thursday 21/01/2027, 10:00–11:00."""
    starts, ends = event.starts_at.astimezone(event.zone), event.ends_at.astimezone(event.zone)
    if event.all_day:
        return _span(_day(starts), _day(event.last_day))
    if starts.date() == ends.date():
        return f"{_day(starts)}, {starts:%H:%M}–{ends:%H:%M}"
    return _span(f"{_day(starts)}, {starts:%H:%M}", f"{_day(ends)}, {ends:%H:%M}")


def repeats(series: EventSeries | None, events: Collection[Event]) -> str:
    """The rule by which these events of a series take place, as a sentence; "" for one alone."""
    if series is None:
        return ""
    places, there = series.places(), {one.original_start for one in events}
    known = [number for number, place in enumerate(places) if place in there]
    if not known:
        return ""
    rule = clipped(series.rule, places, known[0], known[-1], series.zone)
    return rule_sentence(rule, places[known[0]].astimezone(series.zone))


def zone_of(event: Event) -> str:
    """Whose time it is: Paris time; "" for whole days."""
    return "" if event.all_day else city_time(event.time_zone)


def _span(first: str, last: str) -> str:
    return first if first == last else _("from %(first)s to %(last)s", first=first, last=last)


def _day(moment: date) -> str:
    day = moment.date() if isinstance(moment, datetime) else moment
    return long_day(day)
