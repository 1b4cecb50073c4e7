"""Capped counts of lists, by an index alone where possible."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Index,
    Select,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from crm.core import rows
from crm.core.datamodel.index_choice import Values, constrained_columns, fixed_values, selectivity


def count_all(asked: Mapping[str, tuple[Select[Any], type[Any]]], most: int) -> CompoundSelect[Any]:
    """One statement that counts up to `most` rows of each of `asked`: key → (statement, model)."""
    return union_all(
        *(
            select(literal(key).label("key"), func.count().label("n")).select_from(
                limited_ids(statement, model, most)
            )
            for key, (statement, model) in asked.items()
        )
    )


def read_counts(session: Session, counting: CompoundSelect[Any]) -> dict[str, int]:
    """key → count, from the statement of `count_all`."""
    return {row.key: int(row.n) for row in session.execute(counting)}


def limited_ids(statement: Select[Any], model: type[Any], most: int) -> Any:
    """A subquery with the ids of up to `most` rows of a statement."""
    ids = statement.with_only_columns(model.id).order_by(None)
    which, columns = rows.listed_rows(statement, model), constrained_columns(statement, model)
    if which is None or columns is None:
        return ids.limit(most).subquery()
    values = fixed_values(statement, model)
    found = _covering(model, which, values, columns)
    if found is None:
        return ids.limit(most).subquery()
    hint = f"INDEXED BY {found.name}"
    parts = [
        ids.where(*where).with_hint(model, hint, "sqlite")
        for where in _ways(model, values, _first(found, values))
    ]
    both = union_all(*parts).subquery() if len(parts) > 1 else parts[0].subquery()
    return select(both).limit(most).subquery()


def _covering(
    model: type[Any], which: str, values: Mapping[str, Values], columns: set[str]
) -> Index | None:
    """The index with all `columns` that is the most selective: by owner, else by most columns."""
    asked = columns | (values.keys() & {"company_id", "owner_id"})
    fitting = [
        index
        for index in model.__table__.indexes
        if index.info.get("listed") == which
        and asked <= {column.name for column in index.columns}
        and _first(index, values)
    ]
    return max(fitting, key=lambda index: selectivity(_first(index, values)), default=None)


def _first(index: Index, values: Mapping[str, Values]) -> list[str]:
    """The first columns of an index that have fixed values."""
    names: list[str] = []
    for column in index.columns:
        if not values.get(column.name):
            break
        names.append(column.name)
    return names


def _ways(
    model: type[Any], values: Mapping[str, Values], names: list[str]
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
