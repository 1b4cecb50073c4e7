"""Who changed what, when: one row per change, written by the flush itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import Group, Role, User
from sqlalchemy import JSON, ForeignKey, Index, String, event, insert, inspect, select
from sqlalchemy.orm import (
    Mapped,
    Mapper,
    PassiveFlag,
    Session,
    joinedload,
    mapped_column,
    relationship,
)

from crm.core.models import Child, Kept
from crm.core.models.tables import acting_user
from crm.core.types import Instant, utcnow

# Columns that say nothing to a reader, or must not be read: the password's hash among them.
SILENT = {
    "id", "row_version", "created_on", "changed_on", "created_by_id", "changed_by_id",
    "password", "session_epoch", "sessions_from", "last_login", "login_count", "fail_login_count",
    "locked_until", "created_by_fk", "changed_by_fk", "position",
}  # fmt: skip


class Journal(Model):
    """One change of one row. (kind, row_id) is no foreign key: the journal outlives rows."""

    __tablename__ = "journal"
    __table_args__ = (Index("ix_journal_row", "kind", "row_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))  # the table's name
    row_id: Mapped[int]
    # The row's version after the change; None where the table has none, or before it was kept.
    row_version: Mapped[int | None]
    company_id: Mapped[int | None] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(Instant, default=utcnow)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    action: Mapped[str] = mapped_column(String(20))  # created, changed, deleted, restored, purged
    changes: Mapped[dict[str, list[Any]]] = mapped_column(JSON)  # field → [before, after]

    user: Mapped[User | None] = relationship(User)


@dataclass(frozen=True)
class _Change:
    row: Any
    action: str
    changes: dict[str, list[Any]]


def _watched(row: Any) -> bool:
    return isinstance(row, Kept | User | Group | Role)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, str | int | float | bool | dict) or value is None:
        return value
    return str(value)


@cache
def _told(mapper: Mapper[Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns and the lists of a table whose changes say something to a reader."""
    columns = (
        mapper.get_property_by_column(column).key
        for column in mapper.columns
        if not column.info.get("folds")
    )
    lists = (
        relation.key
        for relation in mapper.relationships
        if relation.uselist
        and not relation.viewonly
        and (relation.secondary is not None or issubclass(relation.mapper.class_, Child))
    )
    return tuple(name for name in columns if name not in SILENT), tuple(lists)


def _column_changes(row: Any, *, is_new: bool) -> Iterator[tuple[str, list[Any]]]:
    state = inspect(row)
    for name in _told(state.mapper)[0]:
        if name not in state.committed_state:
            continue  # not set since the row was read
        before, after = None, _plain(state.dict.get(name))
        if not is_new:
            history = state.get_history(name, PassiveFlag.PASSIVE_NO_INITIALIZE)
            if not history.has_changes():
                continue  # set to what it was
            before = _plain(history.deleted[0]) if history.deleted else None
        if before != after:
            yield name, [before, after]


def _list_changes(row: Any) -> Iterator[tuple[str, list[Any]]]:
    """Many-to-many links and children, told by their labels and by the rows that these name."""
    state = inspect(row)
    for name in _told(state.mapper)[1]:
        if name not in state.committed_state:
            continue
        history = state.attrs[name].history
        if history.added or history.deleted:
            yield name, [_items(history.deleted), _items(history.added)]


def _items(rows: Any) -> list[list[Any]] | None:
    """[label, [table, id] …] of each row: a label is for those who may see all that it names."""
    return [[str(row), *_named(row)] for row in rows] or None


def _named(row: Any) -> Iterator[list[Any]]:
    if not isinstance(row, Child):
        yield [row.__tablename__, row.id]
        return
    mapper: Mapper[Any] = inspect(row).mapper
    for relation in mapper.relationships:
        if relation.direction.name != "MANYTOONE":
            continue
        key = mapper.get_property_by_column(next(iter(relation.local_columns))).key
        if relation.key != row.__parent__ and getattr(row, key) is not None:
            yield [relation.mapper.class_.__tablename__, getattr(row, key)]


def _action(row: Any, changes: dict[str, list[Any]]) -> str:
    if "deleted_at" not in changes:
        return "changed"
    return "deleted" if changes["deleted_at"][1] else "restored"


def _collect(session: Session) -> Iterator[_Change]:
    for row in session.new:
        if _watched(row):
            changes = dict([*_column_changes(row, is_new=True), *_list_changes(row)])
            yield _Change(row, "created", changes)
    for row in session.dirty:
        if _watched(row):
            changes = dict([*_column_changes(row, is_new=False), *_list_changes(row)])
            if changes:
                yield _Change(row, _action(row, changes), changes)
        elif isinstance(row, Child):
            parent = getattr(row, row.__parent__)
            changes = dict(_column_changes(row, is_new=False))
            if parent is not None and changes:
                told = {f"{row.__tablename__}.{name}": pair for name, pair in changes.items()}
                yield _Change(parent, "changed", told)
    for row in session.deleted:
        if _watched(row):
            yield _Change(row, "purged", {"": [str(row), None]})


def _write(session: Session, context: Any) -> None:
    """After the flush, when new rows have their ids and the attributes still their history."""
    user_id = acting_user[0]() if acting_user else None
    entries = [
        {
            "kind": change.row.__tablename__,
            "row_id": change.row.id,
            "row_version": getattr(change.row, "row_version", None),
            "company_id": getattr(change.row, "company_id", None),
            "at": utcnow(),
            "user_id": user_id,
            "action": change.action,
            "changes": {k: v for k, v in change.changes.items() if k != "deleted_at"},
        }
        for change in _collect(session)
    ]
    if entries:
        session.execute(insert(Journal), entries)


def history(session: Session, row: Any, limit: int = 100) -> list[Journal]:
    """The journal of a row that the actor was let in to see, newest first."""
    return list(
        session.scalars(
            select(Journal)
            .where(Journal.kind == row.__tablename__, Journal.row_id == row.id)
            .options(joinedload(Journal.user))
            .order_by(Journal.id.desc())
            .limit(limit)
        )
    )


def since(session: Session, row: Any, version: int) -> list[Journal]:
    """What the journal tells of a row since it had this `version`, oldest first."""
    return list(
        session.scalars(
            select(Journal)
            .where(Journal.kind == row.__tablename__, Journal.row_id == row.id)
            .where(Journal.row_version > version)
            .options(joinedload(Journal.user))
            .order_by(Journal.id)
        )
    )


def install(session: Any) -> None:
    """Keep the journal of every flush of this session."""
    event.listen(session, "after_flush", _write)
