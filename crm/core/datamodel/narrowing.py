"""The index that leads to the few rows of a statement, for counting them and for sorting them.

PostgreSQL finds it by its statistics; SQLite, which keeps few, is told.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import ColumnElement, CompoundSelect, Index, Select, union_all

from crm.core import rows
from crm.core.datamodel.index_choice import Compared, Values, compared, fixed_values, selectivity
from crm.core.models import Record


def narrowed(statement: Select[Any], model: type[Any]) -> Select[Any] | CompoundSelect[Any]:
    """`statement` read along that index; as it is where none is known to be best."""
    which, found = rows.listed_rows(statement, model), compared(statement, model)
    if which is None:
        return statement
    index = _link(model, found) or _rare(model, which, found)
    if index is not None:
        return _along(statement, model, index)
    values, beyond = fixed_values(statement, model), rows.read_beyond(model)
    if beyond is not None and () in values.values():
        return by_key(statement.where(beyond), model)
    index = _covering(model, which, values, found) if found.alone else None
    if index is None:
        return statement if beyond is None else _split(statement, model, beyond)
    ways = _ways(model, values, _first(index, values))
    parts = [_along(statement, model, index).where(*way) for way in ways]
    if beyond is not None:
        parts.append(by_key(statement.where(beyond), model))
    return union_all(*parts) if len(parts) > 1 else parts[0]


def _split(
    statement: Select[Any], model: type[Any], beyond: ColumnElement[bool]
) -> CompoundSelect[Any]:
    """`statement` in two parts, as no index serves both."""
    known = (rows.is_one_of(getattr(model, n), v) for n, v in rows.known_values(model).items())
    return union_all(statement.where(*known), by_key(statement.where(beyond), model))


def by_key(statement: Select[Any], model: type[Any]) -> Select[Any]:
    """`statement`, whose conditions name the keys of a few rows, read by these alone."""
    return statement.with_hint(model, "NOT INDEXED", "sqlite")


def _along(statement: Select[Any], model: type[Any], index: Index) -> Select[Any]:
    return statement.with_hint(model, f"INDEXED BY {index.name}", "sqlite")


def _link(model: type[Any], found: Compared) -> Index | None:
    """The index of a link that leads to given records, which few rows share.

    Not where rows without the link are meant too, as SQLite uses no index for OR.
    """
    for index in model.__table__.indexes:
        (column, *more) = index.columns
        values = found.values.get(column.name)
        is_mixed = values is not None and len(values) > 1 and None in values
        if not more and not index.info and values and not is_mixed and _to_record(column):
            return index
    return None


def _to_record(column: Any) -> bool:
    return bool(_record_tables() & {key.column.table.name for key in column.foreign_keys})


@cache
def _record_tables() -> frozenset[str]:
    mapped = (mapper.class_ for mapper in Model.registry.mappers)
    return frozenset(model.__tablename__ for model in mapped if issubclass(model, Record))


def _rare(model: type[Any], which: str, found: Compared) -> Index | None:
    """The partial index of the rows that have a flag or a value which hardly any row has."""
    for index in model.__table__.indexes:
        if index.info.get("rare") == which and _implied(index, found):
            return index
    return None


def _implied(index: Index, found: Compared) -> bool:
    name = index.info["column"]
    values = found.values.get(name)
    if values is None:
        return name in found.bounded and not index.info["flag"]
    return values == (True,) if index.info["flag"] else None not in values


def _covering(
    model: type[Any], which: str, values: Mapping[str, Values], found: Compared
) -> Index | None:
    """The index with all compared columns that is the most selective.

    By owner, else by most columns, those with bounds included.
    """
    asked = found.columns | (values.keys() & {"company_id", "owner_id"})
    fitting = [
        index
        for index in model.__table__.indexes
        if index.info.get("listed") == which
        and asked <= {column.name for column in index.columns}
        and _first(index, values)
    ]
    return max(fitting, key=lambda index: _selectivity(index, values, found), default=None)


def _selectivity(
    index: Index, values: Mapping[str, Values], found: Compared
) -> tuple[tuple[bool, int], bool]:
    first = _first(index, values)
    following = [column.name for column in index.columns][len(first) :][:1]
    return selectivity(first), bool(found.bounded.intersection(following))


def _first(index: Index, values: Mapping[str, Values]) -> list[str]:
    """The first columns of an index that have fixed values."""
    names: list[str] = []
    for column in index.columns:
        if not values.get(column.name):
            break
        names.append(column.name)
    return names


def _ways(
    model: type[Any], values: Mapping[str, Values], names: Sequence[str]
) -> Iterator[list[ColumnElement[bool]]]:
    """The conditions on the first columns, NULL apart, as SQLite uses no index for OR."""
    choices = []
    for name in names:
        column = getattr(model, name)
        filled = [value for value in values[name] if value is not None]
        in_some = [column.in_(filled)] if filled else []
        choices.append([*in_some, *([column.is_(None)] if None in values[name] else [])])
    for way in product(*choices):
        yield list(way)
