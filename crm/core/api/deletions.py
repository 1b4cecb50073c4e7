"""Deleted rows, for synchronisation: those in the bin and those that were purged."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Column, ColumnElement, Integer, false, func, select
from sqlalchemy.sql.visitors import replacement_traverse

from crm.core.actor import Scope, current_actor
from crm.core.datamodel import DataModel
from crm.core.datamodel.paging import PageRequest
from crm.core.datamodel.tokens import decode, encode
from crm.core.errors import DomainError
from crm.core.journal import Journal, purged
from crm.core.models import Reference
from crm.core.models.kinds.times import write_utc
from crm.core.rows import criteria


@dataclass(frozen=True)
class Deletions:
    """A page of them, `{"id", "deleted_at"}` each, and the cursor of the next; "" at the end."""

    rows: list[dict[str, Any]]
    after: str


@contextmanager
def cursors() -> Iterator[None]:
    """Turn the ValueError of an invalid cursor into a DomainError."""
    try:
        yield
    except ValueError as error:
        message = _("This cursor does not belong to this list.")
        raise DomainError(message, field="cursor") from error


def deletions(
    datamodel: DataModel,
    ask: PageRequest,
    since: datetime | None,
    base: Sequence[ColumnElement[bool]] = (),
) -> Deletions:
    """The rows that the actor could read and that were deleted from `since` on.

    First those in the bin, then those purged, each oldest first: a row that is purged between two
    pages is in the second part. Raises ValueError for an invalid cursor.
    """
    if not datamodel.has_bin or _is_after_the_bin(ask.cursor):
        return _purged(datamodel, ask.cursor, ask.size, since)
    model = datamodel.obj
    late = [model.deleted_at >= since] if since is not None else []
    statement = datamodel.select(*base, *late, in_bin=True)
    found = datamodel.page(statement, [("deleted_at", "asc")], ask)
    deleted = [_deletion(row.id, row.deleted_at) for row in found.rows]
    if found.after:
        return Deletions(deleted, found.after)
    rest = _purged(datamodel, "", ask.size - len(deleted), since)
    return Deletions([*deleted, *rest.rows], rest.after)


def _is_after_the_bin(cursor: str) -> bool:
    try:
        return bool(cursor and decode(cursor, [Journal.id]))
    except ValueError:
        return False


def _purged(datamodel: DataModel, cursor: str, size: int, since: datetime | None) -> Deletions:
    """Purged rows, from the journal, without ids that are in use again."""
    model, start = datamodel.obj, decode(cursor, [Journal.id])[0] if cursor else 0
    in_use = select(model.id).where(model.id == Journal.row_id).correlate(Journal)
    statement = select(Journal.id, Journal.row_id, Journal.at).where(
        *purged(model.__tablename__), Journal.id > start, ~in_use.exists(), _readable(model)
    )
    if since is not None:
        statement = statement.where(Journal.at >= since)
    found = list(datamodel.session.execute(statement.order_by(Journal.id).limit(size + 1)))
    page = found[:size]
    last = page[-1].id if page else start
    after = encode([last], [Journal.id]) if len(found) > size else ""
    return Deletions([_deletion(row.row_id, row.at) for row in page], after)


def _readable(model: type[Any]) -> ColumnElement[bool]:
    """The row filter, applied to what the journal recorded of a purged row."""
    is_filtered = hasattr(model, "company_id") or issubclass(model, Reference)
    if not is_filtered and Scope.ALL not in current_actor().scopes("read", model.__entity__):
        return false()
    table = model.__table__
    recorded: dict[str, Any] = {"id": Journal.row_id, "company_id": Journal.company_id}

    def replace(element: Any, **_kwargs: Any) -> Any:
        if not isinstance(element, Column) or element.table is not table:
            return None  # of another table, as who took part
        return recorded.setdefault(element.name, _recorded(element))

    return replacement_traverse(criteria(model, "read"), {}, replace)


def _recorded(column: Column[Any]) -> Any:
    """A column of a purged row, as the journal has it; its default, of before there was one."""
    value = Journal.changes[column.name][0]
    if isinstance(column.type, Integer):
        return value.as_integer()
    default = column.default
    return func.coalesce(value.as_string(), getattr(default, "arg", None))


def _deletion(pk: int, at: datetime) -> dict[str, Any]:
    return {"id": pk, "deleted_at": write_utc(at)}
