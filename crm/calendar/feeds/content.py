"""What a feed has: the events of a period that its reader may read, as a calendar.

The row filter decides, with the rights of the moment; of a private event of somebody else there is
the time at which they are busy, and nothing else.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import joinedload, raiseload

from crm.calendar.busy import BusyTime, busy_times
from crm.calendar.feeds.writing import Writer, busy_event, names_of
from crm.calendar.ics import write_calendar
from crm.calendar.ics_series import write_series
from crm.calendar.models import CalendarFeed, Event, EventSeries, FeedKind
from crm.calendar.queries import attended_by
from crm.core.actor import Actor
from crm.core.db import db
from crm.core.links.services import hash_token
from crm.core.types import utcnow

DAYS_BACK, DAYS_AHEAD = 90, 400
MOST = 5_000
FORMAT = "1"  # of what is written: raised where it changes, so that clients read it again


@dataclass(frozen=True)
class State:
    """Of a feed's row, and `tag`, which is the same as long as the feed's content is."""

    feed_id: int
    last_fetched_at: datetime | None
    changed_at: datetime | None  # None where the tag is not the one that was answered last
    tag: str


def state_of(token: str, kind: FeedKind, actor: Actor) -> State:
    """What a valid token's feed is like now, in one statement; a team's takes one more."""
    events = select(
        func.count(Event.id).label("count"),
        func.sum(Event.id).label("ids"),
        func.sum(Event.row_version).label("versions"),
        func.max(Event.changed_on).label("changed_on"),
    ).where(*_whose(kind, actor), *_during())
    counted = events.subquery()
    feed = (
        select(
            CalendarFeed.id,
            CalendarFeed.last_fetched_at,
            CalendarFeed.changed_at,
            CalendarFeed.tag,
            counted,
        )
        .join(counted, true())
        .where(CalendarFeed.token_hash == hash_token(token))
    )
    found = db.session.execute(feed).one()
    times = [tuple(vars(one).values()) for one in _busy(kind, actor)]
    events_state = (found.count, found.ids, found.versions, found.changed_on, times)
    tag = _tag(kind, actor, events_state)
    return State(
        found.id, found.last_fetched_at, found.changed_at if found.tag == tag else None, tag
    )


def _tag(kind: FeedKind, actor: Actor, state: tuple[Any, ...]) -> str:
    """A hash of everything that the content follows from."""
    reader = (actor.user_id, actor.language, sorted(actor.teammate_ids), _rights(actor))
    whole = repr((FORMAT, kind, _first_day(), url_for("EventView.list"), reader, state))
    return hashlib.sha256(whole.encode()).hexdigest()


def _rights(actor: Actor) -> tuple[Any, ...]:
    return (
        sorted(actor.scopes("read", "events")),
        sorted(actor.company_ids),
        actor.agency_id,
        actor.is_enabled("manage_agencies"),
    )


def _first_day() -> date:
    return utcnow().date() - timedelta(days=DAYS_BACK)


def _during() -> list[ColumnElement[bool]]:
    """The events that begin in the period."""
    since = datetime.combine(_first_day(), time(), UTC)
    until = since + timedelta(days=DAYS_BACK + DAYS_AHEAD)
    return [Event.starts_at >= since, Event.starts_at < until]


def _whose(kind: FeedKind, actor: Actor) -> list[ColumnElement[bool]]:
    """The events of the reader or of the reader's team."""
    owners = {actor.user_id}
    if kind == FeedKind.TEAM:
        owners.update(actor.teammate_ids)
    attended = Event.id.in_(attended_by(actor.user_id))
    return [or_(Event.owner_id.in_(sorted(owners)), attended)]


def _busy(kind: FeedKind, actor: Actor) -> Sequence[BusyTime]:
    """When the reader's colleagues are busy with what they keep private; in a team's feed alone."""
    if kind != FeedKind.TEAM:
        return ()
    return busy_times(*_during(), Event.owner_id.in_(sorted(actor.teammate_ids)), most=MOST)


def write(kind: FeedKind, actor: Actor) -> bytes:
    """The whole feed, in the reader's language."""
    alone, repeated = _read(kind, actor)
    busy = [busy_event(number, one) for number, one in enumerate(_busy(kind, actor))]
    writer = Writer(names_of([*alone, *repeated, *busy]) if kind == FeedKind.TEAM else {})
    by_series: dict[EventSeries, list[Event]] = defaultdict(list)
    for event in repeated:
        if event.series is not None:
            by_series[event.series].append(event)
    written = chain(
        map(writer.write, alone),
        map(writer.write_busy, busy),
        *(write_series(series, some, writer.write) for series, some in by_series.items()),
    )
    return write_calendar(written, name=title_of(kind))


def _read(kind: FeedKind, actor: Actor) -> tuple[Sequence[Event], Sequence[Event]]:
    """The events that stand alone, and all those of the series that have one in the period."""
    whose, during = _whose(kind, actor), _during()
    first = select(Event).where(*whose, *during, Event.series_id.is_(None))
    series = select(Event.series_id).where(*whose, *during, Event.series_id.is_not(None))
    then = select(Event).where(*whose, Event.series_id.in_(series))
    order = (Event.starts_at, Event.id)
    alone = db.session.scalars(first.options(raiseload("*")).order_by(*order).limit(MOST)).all()
    options = (joinedload(Event.series), raiseload("*"))
    then = then.options(*options).order_by(Event.series_id, *order).limit(MOST)
    return alone, db.session.scalars(then).all()


def title_of(kind: FeedKind) -> str:
    """What a kind of feed is called."""
    return _("My events") if kind == FeedKind.MINE else _("My team’s events")
