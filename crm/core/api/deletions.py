"""What is no longer there: rows in the bin, and those of tables without one that are gone."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, false, select, true

from crm.core.actor import Scope, current_actor
from crm.core.api.representing import to_json
from crm.core.datamodel import DataModel
from crm.core.datamodel.paging import PageRequest
from crm.core.datamodel.tokens import decode, encode
from crm.core.errors import DomainError
from crm.core.journal import Journal
from crm.core.models import Reference


@dataclass(frozen=True)
class Deletions:
    """A page of them, `{"id", "deleted_at"}` each, and the cursor of the next; "" at the end."""

    rows: list[dict[str, Any]]
    after: str


@contextmanager
def cursors() -> Iterator[None]:
    """Refuse a cursor that is none of ours, or of another order. Raises DomainError."""
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
    """The rows that the actor could read and that were deleted from `since` on, oldest first.

    Raises ValueError where the cursor is not ours.
    """
    if not datamodel.has_bin:
        return _purged(datamodel, ask, since)
    model = datamodel.obj
    late = [model.deleted_at >= since] if since is not None else []
    statement = datamodel.select(*base, *late, in_bin=True)
    found = datamodel.page(statement, [("deleted_at", "asc")], ask)
    return Deletions([_told(row.id, row.deleted_at) for row in found.rows], found.after)


def _purged(datamodel: DataModel, ask: PageRequest, since: datetime | None) -> Deletions:
    """From the journal, which outlives rows; an id that is in use again is not told."""
    model = datamodel.obj
    statement = select(Journal.id, Journal.row_id, Journal.at).where(
        Journal.kind == model.__tablename__,
        Journal.action == "purged",
        Journal.row_id.not_in(select(model.id)),
        _was_readable(model),
    )
    if since is not None:
        statement = statement.where(Journal.at >= since)
    if ask.cursor:
        statement = statement.where(Journal.id > decode(ask.cursor, [Journal.id])[0])
    found = list(datamodel.session.execute(statement.order_by(Journal.id).limit(ask.size + 1)))
    page = found[: ask.size]
    after = encode([page[-1].id], [Journal.id]) if len(found) > ask.size else ""
    return Deletions([_told(row.row_id, row.at) for row in page], after)


def _was_readable(model: type[Any]) -> ColumnElement[bool]:
    """What the row filter would have said: of a row that is gone its company alone is known."""
    actor = current_actor()
    if issubclass(model, Reference) or Scope.ALL in actor.scopes("read", model.__entity__):
        return true()
    if not hasattr(model, "company_id"):
        return false()
    return Journal.company_id.in_(actor.company_ids)


def _told(pk: int, at: datetime) -> dict[str, Any]:
    return {"id": pk, "deleted_at": to_json(at)}
