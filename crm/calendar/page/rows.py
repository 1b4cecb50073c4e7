"""The events of a range, in few columns and few bytes: details are read on a click.

Column by column, as texts and numbers that are alike compress best beside each other.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, Select, or_, select, text

from crm.calendar.busy import busy_between
from crm.calendar.models import EVENT_TYPES, Answer, Event, EventStatus, Participant
from crm.calendar.models.event import LONG
from crm.calendar.page.asked import NOBODY, Asked
from crm.core.actor import current_actor
from crm.core.db import db
from crm.core.rows import is_one_of, unfiltered

MOST = 10_000  # events of one answer
AROUND = timedelta(hours=26)  # days are those of the event's zone: the earliest to the latest one
LONGEST = timedelta(days=32)  # of events that their start finds; the day more is that of LONG
WITH_PLACE = timedelta(days=16)  # a month has no room for it
MINUTE = timedelta(minutes=1)

COLUMNS = (
    Event.id, Event.starts_at, Event.ends_at, Event.all_day, Event.time_zone, Event.subject,
    Event.type, Event.status, Event.owner_id, Event.row_version, Event.location,
)  # fmt: skip
STATUSES = tuple(EventStatus)
TYPES = tuple(EVENT_TYPES)


def invited(asked: Asked, since: datetime, until: datetime) -> Select[*tuple[Any, ...]]:
    """(event, user) for those asked for who take part without owning it and did not decline."""
    return (
        select(Participant.event_id, Participant.user_id)
        .join(Participant.event)
        .where(
            Participant.user_id.in_(asked.people),
            Participant.answer != Answer.NO,
            *_around(since, until),
        )
        .order_by(Participant.event_id, Participant.id)
    )


def _around(since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return Event.starts_at < until + AROUND, Event.ends_at > since - AROUND


def in_range(
    asked: Asked, since: datetime, until: datetime, guests: Collection[int]
) -> Select[*tuple[Any, ...]]:
    """The events that the actor may read and that touch the range, of the people asked for.

    `guests` are the events of others in which these take part.
    """
    theirs = or_(_one_of(Event.owner_id, asked.people), Event.id.in_(guests))
    where = [*_around(since, until), _is_near(since, until), theirs]
    if asked.types:
        where.append(Event.type.in_(asked.types))
    if asked.agencies and current_actor().is_enabled("manage_agencies"):
        where.append(_one_of(Event.agency_id, asked.agencies))
    company_id = current_actor().active_company_id
    if company_id is not None:
        where.append(Event.company_id == company_id)
    return select(*COLUMNS).where(*where).order_by(Event.starts_at, Event.id).limit(MOST + 1)


def _is_near(since: datetime, until: datetime) -> ColumnElement[bool]:
    """So that nothing of years ago is read: a start soon before the range, or a long event."""
    begins = Event.starts_at > since - AROUND - LONGEST
    long_ids = _long_ids(since, until)
    return or_(begins, Event.id.in_(long_ids)) if long_ids else begins


def _long_ids(since: datetime, until: datetime) -> Sequence[int]:
    """The events of more than a month that touch the range, along an index of their own."""
    is_long = text(LONG[db.engine.dialect.name])  # as the index has it
    statement = select(Event.id).where(Event.deleted_at.is_(None), is_long, *_around(since, until))
    with unfiltered("the calendar asks by these ids for events that the actor may read"):
        return db.session.scalars(statement).all()


def _one_of(column: Any, keys: Sequence[int]) -> ColumnElement[bool]:
    """`column` is one of `keys`; NOBODY among them means that it is empty."""
    return is_one_of(column, [None if key == NOBODY else key for key in keys])


def read_rows(asked: Asked, since: datetime, until: datetime) -> dict[str, Any]:
    """The answer of /calendar/rows. Minutes count from `since`, of all-day events from midnight.

    `at` is a list of differences to the row before; `titles` has each subject once.
    """
    guests: dict[int, list[int]] = {}
    for event_id, user_id in db.session.execute(invited(asked, since, until)):
        guests.setdefault(event_id, []).append(user_id)
    found = db.session.execute(in_range(asked, since, until, guests)).all()
    shown = [row for row in found[:MOST] if _touches(row, since, until)]
    answer: dict[str, Any] = _columns(shown, since)
    answer["with"] = {at: guests[row.id] for at, row in enumerate(shown) if row.id in guests}
    answer["more"] = len(found) > MOST
    if until - since <= WITH_PLACE:
        answer["place"] = {at: row.location for at, row in enumerate(shown) if row.location}
    answer["busy"] = _busy(asked, since, until)
    return answer


def _busy(asked: Asked, since: datetime, until: datetime) -> list[tuple[int, int, int, int, str]]:
    """Others' private events: start, length, whether it is all day, owner, "Busy" or "Available".

    None where a filter is set, which they do not match.
    """
    if asked.types or asked.agencies:
        return []
    found = busy_between(since - AROUND, until + AROUND, asked.people)
    shown = [one for one in found if _touches(one, since, until)]
    return [(*_span(one, since), int(one.all_day), one.owner_id, one.words) for one in shown]


def _touches(row: Any, since: datetime, until: datetime) -> bool:
    """Whether the row is within the range, which was asked for a day wider."""
    if not row.all_day:
        return bool(row.starts_at < until and row.ends_at > since)
    zone = ZoneInfo(current_actor().time_zone)
    first, last = days_of(row)
    return first < until.astimezone(zone).date() and last > since.astimezone(zone).date()


def _columns(rows: Sequence[Row[Any]], since: datetime) -> dict[str, Any]:
    titles: dict[str, int] = {}
    mine, before = current_actor().time_zone, 0
    answer: dict[str, Any] = {name: [] for name in ("id", "at", "minutes", "day", "title")}
    answer |= {name: [] for name in ("type", "status", "owner", "version")} | {"zone": {}}
    for at, row in enumerate(rows):
        start, minutes = _span(row, since)
        answer["id"].append(row.id)
        answer["at"].append(start - before)
        answer["minutes"].append(minutes)
        answer["day"].append(int(row.all_day))
        answer["title"].append(titles.setdefault(row.subject, len(titles)))
        answer["type"].append(TYPES.index(row.type))
        answer["status"].append(STATUSES.index(row.status))
        answer["owner"].append(row.owner_id or NOBODY)
        answer["version"].append(row.row_version)
        if row.time_zone != mine and not row.all_day:
            answer["zone"][at] = row.time_zone
        before = start
    answer["titles"] = list(titles)
    return answer


def _span(row: Any, since: datetime) -> tuple[int, int]:
    """Start and length in minutes; of all-day events those of its days, as if they were UTC."""
    if not row.all_day:
        return (row.starts_at - since) // MINUTE, (row.ends_at - row.starts_at) // MINUTE
    first, last = days_of(row)
    midnight = datetime.combine(first, time(), UTC)
    return (midnight - since) // MINUTE, (last - first) // MINUTE


def days_of(row: Any) -> tuple[date, date]:
    """The first day of an all-day event and the day after its last one, in its own zone."""
    zone = ZoneInfo(row.time_zone or "UTC")
    return row.starts_at.astimezone(zone).date(), row.ends_at.astimezone(zone).date()
