"""The foreign keys that point to a table, and which of their rows may become doubles."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import Column, Index, Table, UniqueConstraint

from crm.core.models import AuditedModel, Child, key_of, target_of
from crm.core.models.tables import LIVE

MERGED = "merged_into_id"


@dataclass(frozen=True)
class Pointer:
    """A foreign key to the table; `owner` is the class of its own table, if it has one.

    `parent` is the record whose child the row is, and `is_record` says that it is one itself.
    """

    column: Column[Any]
    owner: type[Any] | None
    parent: type[Any] | None = None
    parent_key: Column[Any] | None = None

    @property
    def table(self) -> Table:
        return self.column.table

    @property
    def to_parent(self) -> Column[Any]:
        """The key of the parent. Raises TypeError where the row has none."""
        if self.parent_key is None:
            raise TypeError(f"{self.column} is of no child row")
        return self.parent_key

    @property
    def record(self) -> Any:
        """The class of the records with this link: the row's or its parent's; None without one."""
        return self.owner if self.is_record else self.parent

    @property
    def is_record(self) -> bool:
        return self.owner is not None and issubclass(self.owner, AuditedModel)


def pointers_to(model: type[Any]) -> tuple[Pointer, ...]:
    """Every foreign key of the schema to the table of `model`, whatever deletes with it."""
    return _pointers_to(model.__table__)


@cache
def _pointers_to(target: Table) -> tuple[Pointer, ...]:
    classes = {mapper.local_table: mapper.class_ for mapper in Model.registry.mappers}
    keys = (key for table in Model.metadata.sorted_tables for key in table.foreign_keys)
    found = (key.parent for key in keys if key.column.table is target)
    ordered = sorted(found, key=lambda column: (column.table.name, column.name))
    return tuple(_pointer(column, classes.get(column.table)) for column in ordered)


def _pointer(column: Column[Any], owner: type[Any] | None) -> Pointer:
    if owner is None or not issubclass(owner, Child):
        return Pointer(column, owner)
    relation = owner.__mapper__.relationships[owner.__parent__]
    parent = target_of(owner, owner.__parent__)
    if not issubclass(parent, AuditedModel):
        return Pointer(column, owner)
    return Pointer(column, owner, parent, column.table.c[key_of(relation)])


@dataclass(frozen=True)
class UniqueSet:
    """Columns that are unique together with the pointing one, perhaps outside the bin only."""

    others: tuple[Column[Any], ...]
    is_live: bool


def unique_sets(column: Column[Any]) -> Iterator[UniqueSet]:
    """The unique constraints and indexes of the table that contain `column`.

    Raises TypeError for a condition that nobody has thought of yet.
    """
    table = column.table
    if column.primary_key:
        yield UniqueSet(_without(table.primary_key.columns, column), is_live=False)
    for one in table.constraints:
        if isinstance(one, UniqueConstraint) and column in list(one.columns):
            yield UniqueSet(_without(one.columns, column), is_live=False)
    for index in table.indexes:
        if index.unique and column in list(index.expressions):
            yield UniqueSet(_without(index.expressions, column), _is_live(index))


def _without(columns: Any, column: Column[Any]) -> tuple[Column[Any], ...]:
    return tuple(one for one in columns if one is not column)


def _is_live(index: Index) -> bool:
    where = index.dialect_options["sqlite"]["where"]
    if where is not None and str(where) != LIVE:
        raise TypeError(f"{index.name}: a merge does not know which rows are unique there")
    return where is not None
