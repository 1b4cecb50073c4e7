"""Undoing a move of several events of a series: all of them go back in one act, or none.

What each event was stands in the journal, under the id of the act that moved it. What the series
was is kept in the address of the undoing, signed, as no journal has it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from itsdangerous import BadData
from sqlalchemy import exists, select

from crm.calendar import services
from crm.calendar.invitations.going_on import as_before, is_told_of_both
from crm.calendar.models import Event, EventSeries
from crm.calendar.recurrence import Frequency
from crm.calendar.series.writing import together
from crm.core import rows
from crm.core.actor import current_actor
from crm.core.datamodel.saving import flush
from crm.core.db import ACT, db
from crm.core.errors import DomainError
from crm.core.journal.models import Journal
from crm.core.security.keys import signer

PURPOSE = "undo the move of a series"
LONGEST = 24 * 3600  # seconds that a move can be undone
RULE = ("time_zone", "frequency", "interval", "weekdays", "day", "position", "count")


@dataclass(frozen=True)
class Former:
    """A series as it was before a move, in the values that JSON has."""

    id: int
    uid: str
    rule: Mapping[str, Any]
    starts_at: str
    until: str | None

    @classmethod
    def of(cls, series: EventSeries) -> "Former":
        until = series.until.isoformat() if series.until is not None else None
        rule = {name: getattr(series, name) for name in RULE}
        return cls(series.id, series.uid, rule, series.starts_at.isoformat(), until)

    def restore(self) -> EventSeries:
        """The series, with the rule that it had. Raises DomainError where it is gone."""
        series = db.session.get(EventSeries, self.id)
        if series is None:
            raise _too_late()
        for name, value in self.rule.items():
            setattr(series, name, Frequency(value) if name == "frequency" else value)
        series.starts_at = datetime.fromisoformat(self.starts_at)
        series.until = date.fromisoformat(self.until) if self.until is not None else None
        return series


def token_of(former: Former) -> str:
    """What undoes the move that this transaction has written; "" where it changed nothing."""
    act = db.session().info.get(ACT)
    return str(signer(PURPOSE).dumps([act, vars(former)])) if act is not None else ""


def undo(token: str) -> Sequence[Event]:
    """Put the events of a move back to their times, and their series to its rule.

    Raises DomainError where it is too late: somebody has changed, deleted or been told of one.
    """
    try:
        act, former = signer(PURPOSE).loads(token, max_age=LONGEST)
    except BadData as error:
        raise _too_late() from error
    before = _before(act)
    events = _unchanged(before)
    was = Former(**former)
    later = [one for one in {one.series for one in events} if one is not None and one.id != was.id]
    if any(is_told_of_both(one, was.uid) for one in later):
        raise DomainError(_("The guests know of the new dates already: move the events again."))
    series = was.restore()
    with together():
        for one in events:
            _put_back(one, before[one.id][1], series)
    for one in later:
        as_before(series, one, was.uid)
        _remove(one)
    return events


def _before(act: str) -> dict[int, tuple[int, dict[str, Any]]]:
    """Event → its version after the act, and what the act changed as it was before."""
    statement = select(Journal).where(
        Journal.act_id == act,
        Journal.kind == Event.__tablename__,
        Journal.user_id == current_actor().user_id,
    )
    found: dict[int, tuple[int, dict[str, Any]]] = {}
    for entry in db.session.scalars(statement.order_by(Journal.id)):
        was = {name: pair[0] for name, pair in entry.changes.items()}
        found[entry.row_id] = (entry.row_version or 0, was | found.get(entry.row_id, (0, {}))[1])
    return found


def _unchanged(before: Mapping[int, tuple[int, Any]]) -> list[Event]:
    """The events, as the act left them. Raises DomainError where one of them is not."""
    found = list(db.session.scalars(select(Event).where(Event.id.in_(before))).unique())
    are_same = len(found) == len(before) and all(
        one.row_version == before[one.id][0] for one in found
    )
    if not found or not are_same:
        raise _too_late()
    if len(rows.allowed(db.session(), "edit", found)) < len(found):
        raise _too_late()
    return found


def _put_back(one: Event, was: Mapping[str, Any], series: EventSeries) -> None:
    one.series = series
    if "original_start" in was:
        one.original_start = datetime.fromisoformat(was["original_start"])
    one.changed_apart = was.get("changed_apart", one.changed_apart)
    times = {
        name: datetime.fromisoformat(value) if name in ("starts_at", "ends_at") else value
        for name, value in was.items()
        if name in services.TIMES
    }
    if times:
        services.write(one, {**{n: getattr(one, n) for n in services.TIMES}, **times})


def _remove(series: EventSeries) -> None:
    """The series that the move began, where it has no events any more."""
    with rows.unfiltered("whether a series has any events left, deleted ones included"):
        is_used = db.session.scalar(select(exists().where(Event.series_id == series.id)))
    if not is_used:
        db.session.delete(series)
        flush()


def _too_late() -> DomainError:
    return DomainError(_("This can no longer be undone: the events have changed since."))
