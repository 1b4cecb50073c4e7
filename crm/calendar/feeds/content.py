"""What a feed has: the events of a period that its reader may read, as a calendar.

The row filter decides, with the rights of the moment; a private event of somebody else is no part
of it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import icalendar
from flask import url_for
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import raiseload

from crm.calendar.ics import write_calendar, write_event
from crm.calendar.models import Answer, CalendarFeed, Event, FeedKind, Participant, Visibility
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
    """What a valid token's feed is like now, in one statement."""
    events = select(
        func.count(Event.id).label("count"),
        func.sum(Event.id).label("ids"),
        func.sum(Event.row_version).label("versions"),
        func.max(Event.changed_on).label("changed_on"),
    ).where(*_conditions(kind, actor))
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
    events_state = (found.count, found.ids, found.versions, found.changed_on)
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


def _conditions(kind: FeedKind, actor: Actor) -> list[ColumnElement[bool]]:
    """The events that begin in the period, of the reader or of the reader's team."""
    since = datetime.combine(_first_day(), time(), UTC)
    until = since + timedelta(days=DAYS_BACK + DAYS_AHEAD)
    owners = {actor.user_id}
    if kind == FeedKind.TEAM:
        owners.update(actor.teammate_ids)
    invited = select(Participant.event_id).where(
        Participant.user_id == actor.user_id, Participant.answer != Answer.NO
    )
    return [
        Event.starts_at >= since,
        Event.starts_at < until,
        or_(Event.owner_id.in_(sorted(owners)), Event.id.in_(invited)),
        or_(
            Event.visibility == Visibility.PUBLIC,
            Event.owner_id == actor.user_id,
            Event.id.in_(invited),
        ),
    ]


def write(kind: FeedKind, actor: Actor) -> bytes:
    """The whole feed, in the reader's language."""
    events = db.session.scalars(_events(kind, actor)).all()
    names = _names(events) if kind == FeedKind.TEAM else {}
    return write_calendar(_written(events, names), name=title_of(kind))


def _events(kind: FeedKind, actor: Actor) -> Select[Event]:
    statement = select(Event).where(*_conditions(kind, actor)).options(raiseload("*"))
    return statement.order_by(Event.starts_at, Event.id).limit(MOST)


def title_of(kind: FeedKind) -> str:
    """What a kind of feed is called."""
    return _("My events") if kind == FeedKind.MINE else _("My team’s events")


def _names(events: Sequence[Event]) -> dict[int, str]:
    """id → name of the events' owners."""
    owners = {event.owner_id for event in events if event.owner_id is not None}
    people = select(User.id, User.first_name, User.last_name).where(User.id.in_(owners))
    return {key: f"{first} {last}".strip() for key, first, last in db.session.execute(people)}


def _written(events: Iterable[Event], names: dict[int, str]) -> Iterable[icalendar.Event]:
    address = url_for("EventView.show", pk=0, _external=True).removesuffix("0")
    open_in, video_link = labelled(_("Open in Comptoir"), ""), labelled(_("Video link"), "")
    for event in events:
        url = f"{address}{event.id}"
        parts = [
            to_text(event.description or "")[:LONGEST_DESCRIPTION],
            f"{video_link}{event.video_url}" if event.video_url else "",
            f"{open_in}{url}",
        ]
        description = "\n\n".join(part for part in parts if part)
        written = write_event(event, description=description, url=url)
        if event.owner_id in names:
            written["summary"] = icalendar.vText(f"{written['summary']} ({names[event.owner_id]})")
        yield written
