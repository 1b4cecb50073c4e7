"""What else people do at the time of an event, and when all are free next. Source: spec 9.3."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select, union_all

from crm.calendar.models import Answer, Availability, Event, EventStatus, Participant
from crm.core.db import db
from crm.core.rows import unfiltered

LONGEST = timedelta(days=31)  # of an event that is looked for
SHOWN = 5
STEP = timedelta(minutes=30)
LOOK_AHEAD = timedelta(days=14)
OPENS, CLOSES = time(8), time(19)
SATURDAY = 5

Period = tuple[datetime, datetime]


@dataclass(frozen=True)
class Overlap:
    """A time when a person is busy; `subject` is "" where the actor may not read the event."""

    user_id: int
    starts_at: datetime
    ends_at: datetime
    subject: str


def overlaps(people: Iterable[int], span: Period, but: int | None = None) -> list[Overlap]:
    """What keeps `people` busy during `span`, the event with the id `but` apart; at most five."""
    keys, found = sorted(set(people)), {}
    with unfiltered("whether a person is busy does not depend on who asks"):
        for row in db.session.execute(_busy(keys, span, but).limit(SHOWN)) if keys else ():
            found[row.user_id, row.id] = row
    readable = select(Event.id, Event.subject).where(Event.id.in_({pk for _user, pk in found}))
    subjects = dict(db.session.execute(readable).all()) if found else {}
    return [
        Overlap(row.user_id, row.starts_at, row.ends_at, subjects.get(row.id, ""))
        for row in found.values()
    ]


def next_free(
    people: Iterable[int], span: Period, zone: ZoneInfo, but: int | None = None
) -> Period | None:
    """The first time after the start of `span`, and as long, when none of `people` is busy.

    From 8:00 to 19:00 on a weekday in `zone`, within two weeks; None where there is none.
    """
    starts_at, length = span[0], span[1] - span[0]
    with unfiltered("whether a person is busy does not depend on who asks"):
        statement = _busy(sorted(set(people)), (starts_at, starts_at + LOOK_AHEAD), but)
        taken = [(row.starts_at, row.ends_at) for row in db.session.execute(statement)]
    return free_slot(taken, starts_at, length, zone)


def free_slot(
    taken: Sequence[Period], after: datetime, length: timedelta, zone: ZoneInfo
) -> Period | None:
    """The first half hour from `after` on that starts a free time of this `length`."""
    moment = after.astimezone(zone)
    while moment < after + LOOK_AHEAD:
        ends_at = moment + length
        if not _is_at_work(moment, ends_at.astimezone(zone)):
            moment = _next_morning(moment)
            continue
        clash = max((end for start, end in taken if start < ends_at and end > moment), default=None)
        if clash is None:
            return moment, ends_at
        moment = _rounded_up(clash.astimezone(zone))
    return None


def _is_at_work(starts_at: datetime, ends_at: datetime) -> bool:
    is_one_day = starts_at.date() == ends_at.date()
    is_weekday = starts_at.weekday() < SATURDAY
    return is_one_day and is_weekday and starts_at.time() >= OPENS and ends_at.time() <= CLOSES


def _next_morning(moment: datetime) -> datetime:
    """The next time that a working day begins."""
    opens = datetime.combine(moment.date(), OPENS, moment.tzinfo)
    return opens if moment < opens else opens + timedelta(days=1)


def _rounded_up(moment: datetime) -> datetime:
    past = timedelta(minutes=moment.minute % 30, seconds=moment.second)
    past += timedelta(microseconds=moment.microsecond)
    return moment + (STEP - past if past else timedelta())


def _busy(people: Sequence[int], span: Period, but: int | None) -> Select[tuple[int, ...]]:
    """user_id, id, starts_at and ends_at of what these people own or are invited to."""
    columns = (Event.id, Event.starts_at, Event.ends_at)
    during = (
        Event.starts_at < span[1],
        Event.starts_at > span[0] - LONGEST,
        Event.ends_at > span[0],
        Event.availability == Availability.BUSY,
        Event.status != EventStatus.CANCELLED,
        Event.deleted_at.is_(None),
        *([Event.id != but] if but is not None else []),
    )
    owned = select(Event.owner_id.label("user_id"), *columns).where(
        Event.owner_id.in_(people), *during
    )
    invited = (
        select(Participant.user_id, *columns)
        .join(Event, Participant.event_id == Event.id)
        .where(Participant.user_id.in_(people), Participant.answer != Answer.NO, *during)
    )
    both = union_all(owned, invited).subquery()
    return select(both).order_by(both.c.starts_at, both.c.id)
