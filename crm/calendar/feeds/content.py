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

import icalendar
from flask import url_for
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import joinedload, raiseload

from crm.calendar.busy import BusyTime, busy_times
from crm.calendar.ics import write_calendar, write_event
from crm.calendar.ics_series import write_series
from crm.calendar.models import (
    CalendarFeed,
    Event,
    EventSeries,
    EventStatus,
    FeedKind,
    Visibility,
)
from crm.calendar.queries import attended_by
from crm.core.actor import Actor
from crm.core.db import db
from crm.core.links.services import hash_token
from crm.core.models.rich_text import to_text
from crm.core.models.text import labelled
from crm.core.types import utcnow

DAYS_BACK, DAYS_AHEAD = 90, 400
MOST = 5_000
LONGEST_DESCRIPTION = 2_000  # characters
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
    busy = [_busy_event(number, one) for number, one in enumerate(_busy(kind, actor))]
    writer = _Writer(_names([*alone, *repeated, *busy]) if kind == FeedKind.TEAM else {})
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


def _names(events: Sequence[Event]) -> dict[int, str]:
    """id → name of the events' owners."""
    owners = {event.owner_id for event in events if event.owner_id is not None}
    people = select(User.id, User.first_name, User.last_name).where(User.id.in_(owners))
    return {key: f"{first} {last}".strip() for key, first, last in db.session.execute(people)}


def _busy_event(number: int, one: BusyTime) -> Event:
    """A busy time as an event that is in no database: what is not known of it is not there."""
    told = f"{number} {one.owner_id} {one.starts_at} {one.ends_at}"
    return Event(
        uid=hashlib.sha256(told.encode()).hexdigest()[:32],
        sequence=0,
        subject=one.words,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        all_day=one.all_day,
        time_zone=one.time_zone,
        owner_id=one.owner_id,
        availability=one.availability,
        status=EventStatus.PLANNED,
        visibility=Visibility.PUBLIC,
        changed_on=one.starts_at,
    )


class _Writer:
    """Writes one event, with what is the same for all of a feed."""

    def __init__(self, names: dict[int, str]) -> None:
        self.names = names
        self.address = url_for("EventView.show", pk=0, _external=True).removesuffix("0")
        self.open_in = labelled(_("Open in Comptoir"), "")
        self.video_link = labelled(_("Video link"), "")

    def write(self, event: Event) -> icalendar.Event:
        """An event; in a team's feed with the name of its owner."""
        url = f"{self.address}{event.id}"
        parts = [
            to_text(event.description or "")[:LONGEST_DESCRIPTION],
            f"{self.video_link}{event.video_url}" if event.video_url else "",
            f"{self.open_in}{url}",
        ]
        description = "\n\n".join(part for part in parts if part)
        return self._named(event, write_event(event, description=description, url=url))

    def write_busy(self, event: Event) -> icalendar.Event:
        """A busy time: it has no page."""
        return self._named(event, write_event(event))

    def _named(self, event: Event, written: icalendar.Event) -> icalendar.Event:
        name = self.names.get(event.owner_id or 0)
        if name:
            written["summary"] = icalendar.vText(f"{written['summary']} ({name})")
        return written
