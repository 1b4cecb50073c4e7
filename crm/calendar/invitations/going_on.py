"""What guests know goes on under another row: their calendars change it, and show nothing twice.

An event that becomes a series keeps its UID as that of the series, so that one REQUEST with a rule
updates what is there. A new series that comes after one in which nothing is ahead takes over its
UID: one REQUEST again. Where both go on, each has its own: one that ends what is there and one that
begins, in two mails, as a mail has one UID (RFC 5546, 3.2.2).
"""

from collections.abc import Collection, Sequence
from uuid import uuid4

from sqlalchemy import delete, exists, select, update

from crm.calendar.invitations.guest_list import guests_of
from crm.calendar.invitations.meeting import Meeting, is_ahead, is_done_early
from crm.calendar.models import Event, EventSeries, GuestCheck, Invitation
from crm.core.datamodel.saving import flush
from crm.core.db import db
from crm.core.rows import unfiltered

COPIED = ("key", "user_id", "contact_id", "lead_id", "told", "facts", "ends_at", "sequence")


def as_series(event: Event, series: EventSeries) -> None:
    """The guests of `event` know `series`, which begins with it, as they knew the event."""
    series.uid, event.uid = event.uid, uuid4().hex
    flush()
    known = update(Invitation).where(Invitation.event_id == event.id)
    db.session.execute(known.values(event_id=None, series_id=series.id))
    # An invitation that still rests is told with the series.
    db.session.execute(delete(GuestCheck).where(GuestCheck.event_id == event.id))


def as_later_series(before: EventSeries, series: EventSeries, moved: Sequence[Event]) -> None:
    """The guests know `series`, to which the events `moved` go, as they knew the one before.

    Where that one has other events ahead, it keeps its UID, and they are told of both.
    """
    ids = {one.id for one in moved}
    with unfiltered("whether guests are still expected at events that stay in the series"):
        mine = select(Event).where(Event.series_id == before.id)
        stays = [one for one in db.session.scalars(mine).unique() if one.id not in ids]
        known = set(guests_of(Meeting(moved)))
    if any(is_ahead(one) or is_done_early(one) for one in stays):
        _know_both(before, series, known)
        return
    uid, before.uid = before.uid, uuid4().hex
    flush()  # as no two rows have the same
    series.uid = uid
    flush()
    told = update(Invitation).where(Invitation.series_id == before.id)
    db.session.execute(told.values(series_id=series.id))


def _know_both(before: EventSeries, series: EventSeries, known: Collection[str]) -> None:
    """So that they are told of a change, by another link, unless nobody is to be told."""
    flush()
    told = select(Invitation).where(Invitation.series_id == before.id)
    db.session.add_all(
        Invitation(series_id=series.id, **{name: getattr(one, name) for name in COPIED})
        for one in db.session.scalars(told)
        if one.key in known
    )


def is_told_of_both(series: EventSeries, uid: str) -> bool:
    """Whether guests were told of `series` beside the one with this `uid`, from which it came."""
    told = exists().where(Invitation.series_id == series.id, Invitation.times > 0)
    return series.uid != uid and bool(db.session.scalar(select(told)))


def as_before(series: EventSeries, later: EventSeries, uid: str) -> None:
    """The guests know `series` again by its `uid`, where `later` took that over."""
    if later.uid != uid:
        return
    later.uid = uuid4().hex
    flush()  # as no two rows have the same
    series.uid = uid
    flush()
    told = update(Invitation).where(Invitation.series_id == later.id)
    db.session.execute(told.values(series_id=series.id))
