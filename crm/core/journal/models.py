"""The journal's table, and how it is read."""

from datetime import datetime
from typing import Any

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    func,
    inspect,
    literal,
    literal_column,
    select,
    text,
    union,
)
from sqlalchemy.orm import Mapped, Session, aliased, joinedload, mapped_column, relationship

from crm.core.models import Mergeable
from crm.core.types import Instant, utcnow

PURGED = text("action = 'purged'")


class Journal(Model):
    """One change of one row. (kind, row_id) is no foreign key: the journal outlives rows."""

    __tablename__ = "journal"
    __table_args__ = (
        Index("ix_journal_row", "kind", "row_id", "id"),
        Index("ix_journal_purged", "kind", "id", sqlite_where=PURGED, postgresql_where=PURGED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # The transaction, over all the rows that it changed; None before there were such ids.
    act_id: Mapped[str | None] = mapped_column(String(32), index=True)
    kind: Mapped[str] = mapped_column(String(40))  # the table's name
    row_id: Mapped[int]
    # What the row's version was after the change; None before versions were noted.
    row_version: Mapped[int | None]
    company_id: Mapped[int | None] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(Instant, default=utcnow)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    # created, changed, deleted, restored, purged, merged
    action: Mapped[str] = mapped_column(String(20))
    changes: Mapped[dict[str, list[Any]]] = mapped_column(JSON)  # name → [before, after]

    user: Mapped[User | None] = relationship(User)


def history(session: Session, row: Any, limit: int = 100) -> list[Journal]:
    """The entries of a row that the actor may read, newest first, with those of merged ones."""
    return list(
        session.scalars(_of(row, with_merged=True).order_by(Journal.id.desc()).limit(limit))
    )


def since(session: Session, row: Any, version: int) -> list[Journal]:
    """The entries of a row since it had this `version`, oldest first."""
    return list(session.scalars(_of(row).where(Journal.row_version > version).order_by(Journal.id)))


def purged(kind: str) -> tuple[ColumnElement[bool], ...]:
    """The entries of rows of a table that were deleted for good, along their index."""
    return Journal.kind == kind, literal_column("journal.action = 'purged'", Boolean())


def was_purged(session: Session, kind: str, row_id: int, after: datetime) -> bool:
    """Whether a row was purged after that: on SQLite another one may have its id now."""
    found = select(Journal.id).where(*purged(kind), Journal.row_id == row_id, Journal.at >= after)
    return session.execute(found.limit(1)).first() is not None


def _of(row: Any, *, with_merged: bool = False) -> Select[tuple[Journal]]:
    """The entries of this row, without those of a purged row with the same id (SQLite).

    And, if meant, of the rows that were merged into it.
    """
    earlier = aliased(Journal)
    of_number = earlier.kind == Journal.kind, earlier.row_id == Journal.row_id
    gone = select(func.max(earlier.id)).where(*of_number, earlier.action == "purged")
    own = Journal.id > func.coalesce(gone.scalar_subquery(), 0)
    mine = Journal.row_id == row.id
    if with_merged and issubclass(type(row), Mergeable):
        table = inspect(type(row)).local_table.c
        merged = select(table.id).where(table.merged_into_id == row.id)
        mine = Journal.row_id.in_(union(merged, select(literal(row.id))))
    found = select(Journal).where(Journal.kind == row.__tablename__, mine, own)
    return found.options(joinedload(Journal.user))
