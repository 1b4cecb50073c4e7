"""Delete for good what was in the bin long enough, with its lines, links and files."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import Column, ColumnElement, exists, func, inspect, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from crm.core.db import db, let_others_write, transaction
from crm.core.models import Record

BATCH = 50  # rows read at once
BATCH_SECONDS = 0.1  # after which a transaction ends, so that no save waits for long


@dataclass
class PurgeResult:
    """What became of the rows that had expired: table → how many."""

    gone: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    # table → the tables whose rows still point to some of those that wait
    needed_by: dict[str, list[str]] = field(default_factory=dict)


def purge(before: datetime) -> PurgeResult:
    """Delete what went into the bin before that instant, dependents first; never filtered.

    Each batch is a transaction of its own, so a run that is killed is simply run again. A row that
    another one points to waits for it.
    """
    purged = PurgeResult()
    while _pass(before, purged):
        pass
    for model in _models():
        _tell_waiting(model, before, purged)
    return purged


def _models() -> list[type[Any]]:
    """The tables that have a bin, those that point to others first."""
    mapped = {m.local_table: m.class_ for m in Model.registry.mappers}
    tables = reversed(Model.metadata.sorted_tables)
    return [mapped[t] for t in tables if t in mapped and issubclass(mapped[t], Record)]


def _pass(before: datetime, purged: PurgeResult) -> int:
    """Go through all tables once. Returns how many rows went: others may be free to go now."""
    gone = 0
    for model in _models():
        while count := _batch(model, before):
            purged.gone[model.__tablename__] += count
            gone += count
            let_others_write()
    return gone


def _batch(model: type[Any], before: datetime) -> int:
    statement = select(model).where(model.deleted_at < before, *_free(model)).limit(BATCH)
    gone = 0
    with transaction() as session:
        started = monotonic()
        for row in session.scalars(statement).unique().all():
            try:
                with session.begin_nested():
                    session.delete(row)
            except (IntegrityError, StaleDataError):
                continue  # linked to, or restored, since it was read
            gone += 1
            if monotonic() - started > BATCH_SECONDS:
                break
    return gone


def _free(model: type[Any]) -> list[ColumnElement[bool]]:
    """The conditions for a row that no other one points to."""
    return [~_points_to(column, model) for column in _pointers(model)]


def _points_to(column: Column[Any], model: type[Any]) -> ColumnElement[bool]:
    other = column.table.alias()
    return exists(select(1).select_from(other).where(other.c[column.name] == model.id))


def _pointers(model: type[Any]) -> Iterator[Column[Any]]:
    """The columns that lead to this table, its own lines and links apart: these go with it."""
    own = {one.secondary for one in inspect(model).relationships if one.secondary is not None}
    for table in Model.metadata.tables.values():
        for key in table.foreign_keys:
            if key.column.table is not model.__table__ or table in own:
                continue
            if key.ondelete not in ("CASCADE", "SET NULL"):
                yield key.parent


def _tell_waiting(model: type[Any], before: datetime, purged: PurgeResult) -> None:
    late = model.deleted_at < before
    count = db.session.scalar(select(func.count()).select_from(model).where(late))
    if not count:
        return
    purged.waiting[model.__tablename__] = count
    needing = (
        column.table.name
        for column in _pointers(model)
        if db.session.scalar(select(exists().where(late, _points_to(column, model))))
    )
    purged.needed_by[model.__tablename__] = sorted(set(needing))
