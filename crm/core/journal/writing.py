"""Writes the journal entries of a flush, in its transaction."""

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from sqlalchemy import event, insert
from sqlalchemy.orm import Session, object_session

from crm.core.db import ACT
from crm.core.journal.changes import Change, Pairs, collect, load_deleted
from crm.core.journal.models import Journal
from crm.core.models.tables import acting_user
from crm.core.types import utcnow


def record(row: Any, changes: Pairs, action: str = "changed") -> None:
    """Record changes of a row that a flush does not show, as the cells of a role's grid."""
    session = object_session(row)
    if session is not None and (changes or action != "changed"):
        session.execute(insert(Journal), [_entry(session, Change(row, action, changes))])


def install(session: Any) -> None:
    """Write the journal for every flush of this session."""
    event.listen(session, "before_flush", _load)
    event.listen(session, "after_flush", _write)


def _load(session: Session, context: Any, instances: Any) -> None:
    load_deleted(session)


def _write(session: Session, context: Any) -> None:
    entries = [_entry(session, change) for change in collect(session)]
    if entries:
        session.execute(insert(Journal), entries)


def record_changes(
    session: Session,
    kind: str,
    changed: Iterable[tuple[int, int, int | None, Pairs]],
    action: str = "changed",
) -> None:
    """Record what a statement changed: (id, version now, company, changes) of rows of a table."""
    session.execute(
        insert(Journal),
        [
            {
                **_act(session),
                "kind": kind,
                "row_id": pk,
                "row_version": version,
                "company_id": company_id,
                "action": action,
                "changes": changes,
            }
            for pk, version, company_id, changes in changed
        ],
    )


def _act(session: Session) -> dict[str, Any]:
    """What the entries of a transaction have in common."""
    return {
        "act_id": session.info.setdefault(ACT, uuid4().hex),
        "at": utcnow(),
        "user_id": acting_user[0]() if acting_user else None,
    }


def _entry(session: Session, change: Change) -> dict[str, Any]:
    return {
        **_act(session),
        "kind": change.row.__tablename__,
        "row_id": change.row.id,
        "row_version": change.row.row_version,
        "company_id": getattr(change.row, "company_id", None),
        "action": change.action,
        "changes": {k: v for k, v in change.changes.items() if k != "deleted_at"},
    }
