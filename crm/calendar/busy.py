"""When others are not free, of the events that are kept private: the time and nothing else.

Source: spec 9.2. The only way past the row filter to private events of others; what leaves here
has no id, no title, place or guest. One sees the times of those whose events one reads by the grid.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, literal, select

from crm.calendar.models import Availability, Event, EventStatus, Visibility
from crm.core.actor import find_actor
from crm.core.db import db
from crm.core.models import spec_of
from crm.core.rows import kept_from, unfiltered
from crm.core.types import utcnow

MOST = 500  # times of one answer
BESIDE = 20  # of them beside a list
TIMES = frozenset({"starts_at", "ends_at"})
SEEN = TIMES | {"owner"}  # what lists are filtered and sorted by that one sees of private events


@dataclass(frozen=True)
class BusyTime:
    """When somebody is busy, or available though an event of theirs lies there; ends excluded."""

    starts_at: datetime
    ends_at: datetime
    all_day: bool
    time_zone: str
    owner_id: int
    availability: Availability

    @property
    def words(self) -> str:
        """What stands in place of the subject: Busy, or Available."""
        return str((spec_of(Event, "availability").choices or {})[self.availability])


def busy_times(*where: ColumnElement[bool], most: int = MOST) -> list[BusyTime]:
    """The times that meet these conditions on Event, soonest first.

    `where` may name what one sees of such an event: its time, its owner and its availability.
    """
    actor = find_actor()
    if actor is None:
        return []
    columns = (getattr(Event, name) for name in BusyTime.__dataclass_fields__)
    statement = (
        select(*columns)
        .where(
            # As text, by which SQLite finds the index of the private events.
            Event.visibility == literal(Visibility.PRIVATE.value, literal_execute=True),
            Event.deleted_at.is_(None),
            Event.status != EventStatus.CANCELLED,
            kept_from(Event, actor),
            *where,
        )
        .order_by(Event.starts_at, Event.owner_id)
        .limit(most)
    )
    with unfiltered("of others' private events everybody sees the time, and nothing else"):
        return [BusyTime(*row) for row in db.session.execute(statement)]


def beside_list(
    conditions: Mapping[str, ColumnElement[bool]], order: Sequence[tuple[str, str]]
) -> list[BusyTime]:
    """The times that belong beside a list with these conditions, by field, and in this order.

    None where a condition or the order is about what one does not see: neither the answer nor a
    number tells then. Without a condition on the time, those from now on.
    """
    if not SEEN.issuperset(conditions) or not SEEN.issuperset(name for name, _way in order):
        return []
    is_timed = bool(TIMES.intersection(conditions))
    from_now = [] if is_timed else [Event.ends_at > utcnow()]
    return busy_times(*conditions.values(), *from_now, most=BESIDE)


def busy_between(
    since: datetime, until: datetime, owner_ids: Sequence[int] | None = None
) -> list[BusyTime]:
    """The times of others that touch a range; of these people alone where they are given."""
    where = [Event.starts_at < until, Event.ends_at > since]
    if owner_ids is not None:
        where.append(Event.owner_id.in_(owner_ids))
    return busy_times(*where)
