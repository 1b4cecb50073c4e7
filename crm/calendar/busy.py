"""When others are not free, of the events that are kept private: the time and nothing else.

Source: spec 9.2. The only way past the row filter to private events of others; what leaves here
has no id, no title, place or guest. One sees the times of those whose events one reads by the grid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, literal, select

from crm.calendar.models import Availability, Event, EventStatus, Visibility
from crm.core.actor import find_actor
from crm.core.db import db
from crm.core.models import spec_of
from crm.core.rows import kept_from, unfiltered

MOST = 500  # times of one answer


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


def busy_between(
    since: datetime, until: datetime, owner_ids: Sequence[int] | None = None
) -> list[BusyTime]:
    """The times of others that touch a range; of these people alone where they are given."""
    where = [Event.starts_at < until, Event.ends_at > since]
    if owner_ids is not None:
        where.append(Event.owner_id.in_(owner_ids))
    return busy_times(*where)
