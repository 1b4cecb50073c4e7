"""Which records refer to a row, and which settings name it."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import Column, ForeignKey, Select, Table, func, inspect, or_, select, union

from crm.core import rows
from crm.core.db import db
from crm.core.models import Child, Label, Settings, parent_key, spec_of


def references_to(row: Any) -> Iterator[tuple[Table, int]]:
    """(table, number of its records that refer to `row`), the bin and other companies included.

    A record counts once, by however many columns or lines it refers; settings are no records.
    """
    asked: dict[Table, list[Select[Any]]] = defaultdict(list)
    for table, keys in groupby(pointers(type(row)), lambda key: key.parent.table):
        key, records = _record_key(table)
        if _settings_of(records) is not None:
            continue
        asked[records].append(select(key).where(or_(*(one.parent == row.id for one in keys))))
    with rows.unfiltered("a used row stays, whoever uses it"):
        for records, parts in asked.items():
            counted = select(func.count()).select_from(union(*parts).subquery())
            if found := db.session.scalar(counted):
                yield records, found


def settings_naming(row: Any) -> list[Label]:
    """The labels of the settings that name a row, in the application or in any company."""
    asked = []
    for key in pointers(type(row)):
        model = _settings_of(key.parent.table)
        if model is not None:
            named = select(model.id).where(key.parent == row.id)
            asked.append((spec_of(model, key.parent.key).label, named))
    with rows.unfiltered("a value that settings name stays, whichever company's they are"):
        return [label for label, named in asked if db.session.scalar(named.limit(1)) is not None]


def pointers(model: type[Any]) -> Iterator[ForeignKey]:
    """The foreign keys to a table, table by table, without those of its own lines and links."""
    own = {one.secondary for one in inspect(model).relationships if one.secondary is not None}
    for table in Model.metadata.tables.values():
        for key in table.foreign_keys:
            is_own = table in own or key.ondelete == "CASCADE"
            if key.column.table is model.__table__ and not is_own:
                yield key


def _record_key(table: Table) -> tuple[Column[Any], Table]:
    """By what records are counted, and their table: a line counts as its record."""
    model = _model_of(table)
    if model is not None and issubclass(model, Child):
        key = parent_key(model)
        return key, next(iter(key.foreign_keys)).column.table
    return next(iter(table.primary_key)), table


def _settings_of(table: Any) -> type[Any] | None:
    """The model of a table of settings; None of any other table."""
    model = _model_of(table)
    return model if model is not None and issubclass(model, Settings) else None


def _model_of(table: Any) -> type[Any] | None:
    return next((m.class_ for m in Model.registry.mappers if m.local_table is table), None)
