"""Mark the rows that the demo makes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, insert
from sqlalchemy.orm import Session

from crm.companies.models import DemoRow
from crm.core.db import db


@contextmanager
def marking() -> Iterator[None]:
    """Mark every row that the block makes, in its transaction."""
    session = db.session()
    made: set[tuple[str, int]] = set()

    def note(session: Session, context: Any) -> None:
        made.update((row.__tablename__, row.id) for row in session.new if hasattr(row, "id"))

    event.listen(session, "after_flush", note)
    try:
        yield
        session.flush()
    finally:
        event.remove(session, "after_flush", note)
    rows = [{"kind": kind, "row_id": pk, "changes": None} for kind, pk in sorted(made)]
    session.execute(insert(DemoRow.__table__), rows)


def note_changes(row: Any, before: Mapping[str, Any]) -> None:
    """Mark a row that the demo changed, with the values `before`; all of them are texts."""
    changes = {name: [value, getattr(row, name)] for name, value in before.items()}
    db.session.add(DemoRow(kind=row.__tablename__, row_id=row.id, changes=changes))
