"""Which records refer to a row."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import ColumnElement, ForeignKey, Table, distinct, func, inspect, or_, select

from crm.core import rows
from crm.core.db import db
from crm.core.models import Child, parent_key


def references_to(row: Any) -> Iterator[tuple[Table, int]]:
    """(table, number of records that refer to `row`), the bin and other companies included.

    A record counts once, by however many columns or lines it refers.
    """
    with rows.unfiltered("a used row stays, whoever uses it"):
        for table, keys in groupby(pointers(type(row)), lambda key: key.parent.table):
            refers = or_(*(key.parent == row.id for key in keys))
            counted = select(func.count(distinct(_record_key(table)))).where(refers)
            if found := db.session.scalar(counted):
                yield table, found


def pointers(model: type[Any]) -> Iterator[ForeignKey]:
    """The foreign keys to a table, table by table, without those of its own lines and links."""
    own = {one.secondary for one in inspect(model).relationships if one.secondary is not None}
    for table in Model.metadata.tables.values():
        for key in table.foreign_keys:
            is_own = table in own or key.ondelete == "CASCADE"
            if key.column.table is model.__table__ and not is_own:
                yield key


def _record_key(table: Table) -> ColumnElement[Any]:
    """The column by which records are counted: a line counts as its record, a link as its owner."""
    model = next((m.class_ for m in Model.registry.mappers if m.local_table is table), None)
    if model is not None and issubclass(model, Child):
        return parent_key(model)
    return next(iter(table.primary_key))
