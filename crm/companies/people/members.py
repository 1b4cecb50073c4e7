"""Memberships are edited on two pages: a change on one raises the version of the other row."""

from collections.abc import Iterator
from typing import Any

from flask_appbuilder.security.sqla.models import Group, User
from sqlalchemy import event, inspect, update
from sqlalchemy.orm import PassiveFlag, Session
from sqlalchemy.orm.attributes import set_committed_value

from crm.core.journal import record

# class → its list, and the list at the other end.
SIDES = {User: ("groups", "users"), Group: ("users", "groups")}


@event.listens_for(Session, "after_flush")
def raise_other_versions(session: Session, context: Any) -> None:
    """Raise the version of a group whose members were changed on a user's page, and the reverse.

    Otherwise an open form of the group would silently undo the change.
    """
    changed = [row for row in (*session.new, *session.dirty) if isinstance(row, User | Group)]
    for row in changed:
        here, there = SIDES[type(row)]
        item = [str(row), [row.__tablename__, row.id]]
        history = _history(row, here)
        for other in _unaware(history.added, there):
            _tell(session, other, {there: [None, [item]]})
        for other in _unaware(history.deleted, there):
            _tell(session, other, {there: [[item], None]})


def _history(row: Any, name: str) -> Any:
    return inspect(row).get_history(name, PassiveFlag.PASSIVE_NO_INITIALIZE)


def _unaware(rows: Any, name: str) -> Iterator[Any]:
    """The rows whose own list was not loaded, so that the flush does not change them."""
    for row in rows or ():
        history = _history(row, name)
        if inspect(row).persistent and not (history.added or history.deleted):
            yield row


def _tell(session: Session, row: Any, changes: dict[str, Any]) -> None:
    table, version = type(row).__table__, row.row_version + 1
    session.execute(update(table).where(table.c.id == row.id).values(row_version=version))
    set_committed_value(row, "row_version", version)
    record(row, changes)
