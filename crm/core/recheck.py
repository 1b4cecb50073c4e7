"""Check again, under the write lock, what was read before it: actor, rights, rows."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, Table, inspect, literal_column, select, union_all
from sqlalchemy.orm import Session

from crm.core import rows
from crm.core.actor import reload_actor
from crm.core.db import batches
from crm.core.errors import Conflict, NotFound

TABLES = 10  # batches of rows read in one statement


def check_again(session: Session) -> None:
    """Called by `transaction()` once it holds the lock.

    Raises NotFound where a row was moved out of the actor's reach since it was fetched, Conflict
    where one fetched for a change was saved. Other rows that were saved since will be read again.
    """
    reload_actor()
    for (model, action), versions in session.info.pop(rows.FETCHED, {}).items():
        _check_fetched(session, model, action, versions)
    for row in list(_stale(session)):
        session.expire(row)


def _check_fetched(
    session: Session, model: type[Any], action: str, versions: Mapping[int, int | None]
) -> None:
    """Check rows fetched for `action`; on PostgreSQL rows to be changed are locked (FOR UPDATE)."""
    if not rows.is_open(action, model):
        raise NotFound
    has_version = hasattr(model, "row_version")
    columns = (model.id, model.row_version) if has_version else (model.id, model.id)
    statement: Select[Any] = select(*columns).where(model.id.in_(versions)).order_by(model.id)
    if action != "read":
        statement = statement.with_for_update(of=model, key_share=True)
        if rows.is_filtered() and model in rows.filtered_models():
            statement = statement.where(rows.criteria(model, action))
    found = {row[0]: row[1] for row in session.execute(statement)}
    for pk, version in versions.items():
        if pk not in found:
            raise NotFound
        if has_version and action != "read" and found[pk] != version:
            raise Conflict(_("Somebody else changed this record in the meantime."))


def _stale(session: Session) -> Iterator[Any]:
    """The loaded rows whose version in the database differs by now."""
    loaded: dict[Any, dict[int, Any]] = defaultdict(dict)
    for row in session.identity_map.values():
        state = inspect(row)
        if "row_version" in state.dict and not state.modified:
            loaded[state.mapper.local_table][state.identity[0]] = row
    parts = [(table, pks) for table, known in loaded.items() for pks in batches(sorted(known))]
    found = _versions(session, parts)
    for table, known in loaded.items():
        for pk, row in known.items():
            if found.get((table.name, pk)) != row.row_version:
                yield row


def _versions(session: Session, parts: list[tuple[Table, list[int]]]) -> dict[Any, int]:
    """(table, key) → version now, whoever may read it."""
    found: dict[Any, int] = {}
    for some in batches(parts, TABLES):
        asked = (
            select(literal_column(f"'{table.name}'"), table.c.id, table.c.row_version).where(
                table.c.id.in_(pks)
            )
            for table, pks in some
        )
        rows = session.connection().execute(union_all(*asked))
        found |= {(name, pk): version for name, pk, version in rows}
    return found
