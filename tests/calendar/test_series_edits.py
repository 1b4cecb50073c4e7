"""Whatever is done to a series, and in whichever order, its invariants hold.

Done events stay untouched, no event is lost or made but by a new rule, each event has a place of
its own in its series, and no series overlaps itself.
"""

from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crm.calendar import services
from crm.calendar.models import Event, EventStatus
from crm.calendar.recurrence import Frequency, anchored
from crm.calendar.series import changing, deleting
from crm.calendar.series.reach import Reach, touched
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.rows import unfiltered
from tests.calendar.rules import rules
from tests.calendar.test_series import local, series
from tests.fixtures import Acting

STEPS = ("move", "place", "delete", "restore", "done", "rule")


class Undo(Exception):
    """Ends an example: nothing of it is kept."""


def everything() -> list[Event]:
    with unfiltered("a test looks at everything"):
        return list(db.session.scalars(select(Event).order_by(Event.id)).unique())


def fixed(events: list[Event]) -> dict[int, Any]:
    """What done events must keep."""
    return {
        one.id: (one.starts_at, one.ends_at, one.location, one.deleted_at)
        for one in events
        if one.status == EventStatus.DONE
    }


def step(data: st.DataObject) -> bool:
    """One change of a random event, as far as the rules allow it; whether events may be new.

    A done event may be changed itself: the examples do so only by way of its series.
    """
    kind, reach = data.draw(st.sampled_from(STEPS)), data.draw(st.sampled_from(Reach))
    events = everything()
    binned = [one for one in events if one.deleted_at is not None]
    alive = [one for one in events if one.deleted_at is None]
    if kind == "restore" and binned:
        services.restore(data.draw(st.sampled_from(binned)).id)
    if kind == "restore" or not alive:
        return False
    event = data.draw(st.sampled_from(alive))
    if event.status == EventStatus.DONE and (reach is Reach.THIS or event.series_id is None):
        return False
    with suppress(DomainError):
        match kind:
            case "move":
                shift = timedelta(
                    days=data.draw(st.integers(-3, 3)), minutes=data.draw(st.integers(-600, 600))
                )
                changing.move(event, event.starts_at + shift, event.ends_at + shift, reach)
            case "place":
                text = data.draw(st.sampled_from(("Ici", "Là")))
                changing.update(
                    event, {"location": text}, reach, with_apart=data.draw(st.booleans())
                )
            case "delete" if event.status != EventStatus.DONE:
                deleting.delete(event, reach)
            case "done":
                services.mark_done(event)
            case "rule":
                first = event.starts_at.astimezone(event.zone).date()
                rule = data.draw(rules(first, most=8))
                changing.update(event, {}, reach, rule=rule)
    return kind == "rule"


def check(before: dict[int, Any], number: int, *, is_new: bool) -> None:
    events = everything()
    now = fixed(events)
    assert {pk: now[pk] for pk in before} == before, "done events stay as they are"
    assert is_new or len(events) == number, "none is lost or made"
    by_series: dict[int, list[Event]] = defaultdict(list)
    for one in events:
        if one.series_id is not None:
            by_series[one.series_id].append(one)
    for rows in by_series.values():
        places = [one.original_start for one in rows]
        assert len(set(places)) == len(places), "each has a place of its own"
        assert rows[0].series is not None
        assert set(places) <= set(rows[0].series.places()), "which its rule knows"
        regular = sorted((one for one in rows if not one.apart), key=lambda one: one.starts_at)
        assert all(one.starts_at == one.original_start for one in regular)
        assert all(a.ends_at <= b.starts_at for a, b in pairwise(regular)), "no overlap"


def work_on_a_series(acting: Acting, data: st.DataObject) -> None:
    """A made-up series, and some made-up changes of it, which are undone at the end."""
    with suppress(Undo), acting("marc"):
        start = local("2027-01-29T10:00")
        first = start.date()
        frequency = data.draw(st.sampled_from(Frequency))
        rule = replace(data.draw(rules(first, most=8)), weekdays=(0, 4), frequency=frequency)
        rule = anchored(replace(rule, interval=min(rule.interval, 9), count=8, until=None), first)
        events = series(rule, "2027-01-29T10:00")
        assert len(touched(events[0], Reach.ALL).events) == len(events)
        for _number in range(data.draw(st.integers(1, 6))):
            before, number = fixed(everything()), len(everything())
            check(before, number, is_new=step(data))
        raise Undo


@pytest.mark.slow("each of its examples is a series that is changed several times")
@settings(
    max_examples=30,
    phases=(Phase.explicit, Phase.generate),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
@given(data=st.data())
def test_the_invariants_hold_after_random_changes(acting: Acting, data: st.DataObject) -> None:
    work_on_a_series(acting, data)
