"""Purge: delete rows from the bin, with their lines, links and files."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import Column, ColumnElement, and_, exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from crm.core.datamodel.references import pointers
from crm.core.db import db, let_others_write, transaction
from crm.core.models import Mergeable, Record

BATCH = 50  # rows read at once
BATCH_SECONDS = 0.1  # longest transaction, so that other writers do not wait for long


@dataclass
class PurgeResult:
    """The result by table: number of rows deleted and remaining."""

    gone: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    # table → tables with rows that still refer to remaining ones
    needed_by: dict[str, list[str]] = field(default_factory=dict)


def purge(before: datetime) -> PurgeResult:
    """Delete rows that went into the bin before that instant, without the row filter.

    Each batch is a transaction of its own, so a killed run can be repeated. Rows to which others
    refer remain.
    """
    purged = PurgeResult()
    while _pass(before, purged):
        pass
    for model in _models():
        _tell_waiting(model, before, purged)
    return purged


def _models() -> list[type[Any]]:
    """The tables with a bin, referring ones first."""
    mapped = {m.local_table: m.class_ for m in Model.registry.mappers}
    tables = reversed(Model.metadata.sorted_tables)
    return [mapped[t] for t in tables if t in mapped and issubclass(mapped[t], Record)]


def _pass(before: datetime, purged: PurgeResult) -> int:
    gone = 0
    for model in _models():
        while count := _batch(model, before):
            purged.gone[model.__tablename__] += count
            gone += count
            let_others_write()
    return gone


def _batch(model: type[Any], before: datetime) -> int:
    statement = select(model).where(*_late(model, before), *_free(model)).limit(BATCH)
    gone = 0
    with transaction() as session:
        started = monotonic()
        for row in session.scalars(statement).unique().all():
            try:
                with session.begin_nested():
                    session.delete(row)
            except (IntegrityError, StaleDataError):
                continue  # referred to, or restored, meanwhile
            gone += 1
            if monotonic() - started > BATCH_SECONDS:
                break
    return gone


def _late(model: type[Any], before: datetime) -> list[ColumnElement[bool]]:
    """The conditions for rows whose time is over; merged ones stay, to lead on."""
    late: list[ColumnElement[bool]] = [model.deleted_at < before]
    return [*late, model.merged_into_id.is_(None)] if issubclass(model, Mergeable) else late


def _free(model: type[Any]) -> list[ColumnElement[bool]]:
    """The conditions for rows without references to them."""
    return [~_points_to(column, model) for column in _pointers(model)]


def _points_to(column: Column[Any], model: type[Any]) -> ColumnElement[bool]:
    other = column.table.alias()
    return exists(select(1).select_from(other).where(other.c[column.name] == model.id))


def _pointers(model: type[Any]) -> Iterator[Column[Any]]:
    return (key.parent for key in pointers(model) if key.ondelete != "SET NULL")


def _tell_waiting(model: type[Any], before: datetime, purged: PurgeResult) -> None:
    late = and_(*_late(model, before))
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
