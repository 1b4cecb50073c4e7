"""Notes which events have changed in a way that guests are told of, whatever changed them."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, event, exists, false, inspect, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import PassiveFlag, Session, SessionTransaction

from crm.calendar.models import Event, GuestCheck, Invitation, Participant
from crm.core.db import batches, db
from crm.core.types import utcnow

REST = timedelta(minutes=2)  # several changes within this time make one mail (spec 9.3)
PENDING = "crm.guest_checks"  # in Session.info: the ids of events
LEFT = "crm.guest_checks_left"  # in Session.info: the ids of series that events are no longer of
TOLD_OF = (
    "starts_at", "ends_at", "all_day", "time_zone", "location", "status", "type", "owner_id",
    "deleted_at", "series_id",
)  # fmt: skip

EVENT = Event.__table__
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def install(session: Any) -> None:
    """Note what every flush of this session changes."""
    event.listen(session, "after_flush", _note)
    event.listen(session, "after_transaction_end", _forget)


def _note(session: Session, context: Any) -> None:
    """New and former guests are told, and of what changes; an answer is told to nobody."""
    for row in session.new:
        if isinstance(row, Participant):
            _pending(session).add(row.event_id)
    for row in session.dirty:
        if isinstance(row, Event) and _is_changed(row):
            _pending(session).add(row.id)
            _left(session).update(_former_series(row))


def _is_changed(row: Event) -> bool:
    state: Any = inspect(row)
    return any(
        state.get_history(name, PassiveFlag.PASSIVE_NO_INITIALIZE).has_changes()
        for name in (*TOLD_OF, "participants")
        if name in state.committed_state
    )


def _former_series(row: Event) -> Collection[int]:
    """The series that it was of until now."""
    state: Any = inspect(row)
    gone = state.get_history("series_id", PassiveFlag.PASSIVE_NO_INITIALIZE).deleted or ()
    return [pk for pk in gone if pk is not None]


def _pending(session: Session) -> set[int]:
    found: set[int] = session.info.setdefault(PENDING, set())
    return found


def _left(session: Session) -> set[int]:
    found: set[int] = session.info.setdefault(LEFT, set())
    return found


def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(PENDING, None)
        session.info.pop(LEFT, None)


def note_checks(session: Session) -> None:
    """Called by `transaction()` before it commits.

    What events were taken out of comes first: guests are told that it ends, then what begins.
    """
    for ids in batches(sorted(session.info.pop(LEFT, ()))):
        told = select(Invitation.series_id).where(Invitation.series_id.in_(ids))
        _check_later("series_id", {pk for pk in session.scalars(told) if pk is not None})
    for ids in batches(sorted(session.info.pop(PENDING, ()))):
        events, series = _with_guests(session, ids)
        _check_later("event_id", events)
        _check_later("series_id", series)


def _with_guests(session: Session, ids: Collection[int]) -> tuple[set[int], set[int]]:
    """The events, and the series of such, that have guests or had some who were told."""
    guests = exists().where(Participant.event_id == EVENT.c.id)
    told = exists().where(
        or_(Invitation.event_id == EVENT.c.id, Invitation.series_id == EVENT.c.series_id)
    )
    statement = select(EVENT.c.id, EVENT.c.series_id).where(EVENT.c.id.in_(ids), or_(guests, told))
    found = session.execute(statement).all()
    alone = {pk for pk, series_id in found if series_id is None}
    once = {pk for pk, series_id in found if series_id is not None}  # before they were of a series
    told_once = select(EVENT.c.id).join(Invitation, Invitation.event_id == EVENT.c.id)
    moved = session.scalars(told_once.where(EVENT.c.id.in_(once)))
    return alone | set(moved), {series_id for _pk, series_id in found if series_id is not None}


def _check_later(column: str, ids: Collection[int]) -> None:
    """Look at these two minutes from now; a later change begins anew: told, without a message."""
    if not ids:
        return
    insert = _INSERT[db.session.connection().dialect.name](GuestCheck.__table__)
    due = utcnow() + REST
    statement = insert.values([{column: pk, "due_at": due} for pk in sorted(ids)])
    again = {"due_at": due, "is_quiet": False, "note": ""}
    db.session.execute(statement.on_conflict_do_update(index_elements=[column], set_=again))


def tell_nobody(row: Event) -> None:
    """Whoever changes `row` in this transaction wants nobody told of it, nor of a series it left.

    What waits to be told of an earlier change is told all the same.
    """
    db.session.flush()
    mine = or_(_mine(row), GuestCheck.series_id.in_(sorted(_left(db.session()))))
    waiting = select(GuestCheck.id).where(mine, GuestCheck.is_quiet.is_(False))
    loud = set(db.session.scalars(waiting))
    note_checks(db.session())
    _say(GuestCheck.id.not_in(loud), mine, is_quiet=True)


def tell_with(row: Event, note: str) -> None:
    """Add a message to the guests to the mail about what this transaction changes."""
    db.session.flush()
    note_checks(db.session())
    _say(_mine(row), note=note)


def _mine(row: Event) -> ColumnElement[bool]:
    """The checks of an event, and of the series that it is of."""
    return or_(
        GuestCheck.event_id == row.id,
        GuestCheck.series_id == row.series_id if row.series_id is not None else false(),
    )


def _say(*where: ColumnElement[bool], **said: Any) -> None:
    db.session.execute(update(GuestCheck).where(*where).values(said))


def forget_check(check: GuestCheck) -> bool:
    """Whether this worker is the one that tells; False where the event has changed meanwhile."""
    mine = delete(GuestCheck).where(GuestCheck.id == check.id, GuestCheck.due_at == check.due_at)
    return bool(db.session.execute(mine).rowcount)  # type: ignore[attr-defined]  # of a DELETE
