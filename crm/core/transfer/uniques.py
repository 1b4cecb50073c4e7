"""Checking unique indexes before writing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Column, Index, UniqueConstraint, inspect, select, text
from sqlalchemy.orm import Mapper, Session

from crm.core.datamodel.bulk import Number
from crm.core.db import batches

# (number of the unique index of its table, values of its columns).
Taken = tuple[int, tuple[Any, ...]]
Unique = tuple[tuple[Column[Any], ...], str, str | None]  # columns, field, condition


@cache
def uniques(mapper: Mapper[Any]) -> tuple[Unique, ...]:
    """The unique constraints and indexes of a table, without those over expressions."""
    return tuple(_uniques(mapper.local_table))


def _uniques(table: Any) -> Iterator[Unique]:
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        if index.unique and all(isinstance(one, Column) for one in index.expressions):
            columns = tuple(index.columns)
            yield columns, index.info.get("field") or columns[-1].name, _condition(index)
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield tuple(constraint.columns), list(constraint.columns)[-1].name, None


def _condition(index: Index) -> str | None:
    where = index.dialect_options["sqlite"]["where"]
    return str(where) if where is not None else None


def taken_by(row: Any, values: Mapping[str, Any], *, is_new: bool) -> Iterator[Taken]:
    mapper = inspect(row).mapper
    for place, (columns, _field, _where) in enumerate(uniques(mapper)):
        keys = [mapper.get_property_by_column(column).key for column in columns]
        if not is_new and values.keys().isdisjoint(keys):
            continue
        taken = tuple(values[key] if key in values else getattr(row, key) for key in keys)
        if not any(value is None or isinstance(value, Number) for value in taken):
            yield place, taken


def used(session: Session, model: type[Any], takes: Iterable[Taken]) -> Iterator[tuple[Taken, int]]:
    """(value, id of the row) of those of `takes` that exist, without the row filter."""
    asked: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for place, values in takes:
        asked[place].append(values)
    for place, each in asked.items():
        columns, _field, where = uniques(inspect(model))[place]
        # One statement for all values of the column that has the most of them.
        varied = max(range(len(columns)), key=lambda n: len({values[n] for values in each}))
        others = [column for n, column in enumerate(columns) if n != varied]
        # The table instead of the class: values of hidden rows are taken too.
        known = select(columns[varied], model.__table__.c.id)
        if where is not None:
            known = known.where(text(where))
        for fixed, many in _grouped(each, varied).items():
            one = known.where(*(c == value for c, value in zip(others, fixed, strict=True)))
            for part in batches(many):
                for value, pk in session.connection().execute(one.where(columns[varied].in_(part))):
                    yield (place, (*fixed[:varied], value, *fixed[varied:])), pk


def _grouped(each: Iterable[tuple[Any, ...]], place: int) -> dict[tuple[Any, ...], list[Any]]:
    """The values at this place by the others of their tuple."""
    found: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for values in each:
        found[(*values[:place], *values[place + 1 :])].append(values[place])
    return found
