"""Which attributes of a row the journal records, and in which form."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, TypedDict

from sqlalchemy import inspect
from sqlalchemy.orm import Mapper

from crm.core.models import Child, key_of

# Of no use to a reader; the permissions of a role follow from its cells.
UNTRACKED = {
    "id", "row_version", "created_on", "changed_on", "created_by_id", "changed_by_id",
    "sessions_from", "last_login", "login_count", "fail_login_count",
    "locked_until", "created_by_fk", "changed_by_fk", "position",
    "permissions",
}  # fmt: skip


class LineContent(TypedDict):
    """A line: its name, the rows that this name comes from, and its columns that are not empty.

    Of a line that was changed, only the columns that changed.
    """

    label: str
    links: list[list[Any]]  # [table, id] …: the label is for those who may see all of them
    values: dict[str, Any]


@dataclass(frozen=True)
class TrackedAttributes:
    """The attributes of a table that the journal records."""

    columns: tuple[str, ...]  # whose changes are recorded
    all_columns: tuple[str, ...]  # recorded of a row that is purged; never a secret one
    links: tuple[str, ...]  # lists of rows that stand for themselves
    lines: tuple[tuple[str, str], ...]  # lists of its lines, and the name of the relationship back


@cache
def tracked_attributes(mapper: Mapper[Any]) -> TrackedAttributes:
    """What the journal records of the rows of `mapper`."""
    names = tuple(
        mapper.get_property_by_column(column).key
        for column in mapper.columns
        if not (column.info.get("folds") or column.info.get("secret"))
    )
    lists = [
        one
        for one in mapper.relationships
        if one.uselist and not one.viewonly and one.key not in UNTRACKED
    ]
    return TrackedAttributes(
        tuple(name for name in names if name not in UNTRACKED),
        tuple(name for name in names if name not in ("id", "row_version")),
        tuple(one.key for one in lists if one.secondary is not None),
        tuple(
            (one.key, str(one.back_populates))
            for one in lists
            if issubclass(one.mapper.class_, Child)
        ),
    )


def to_json(value: Any) -> Any:
    """A column's value as JSON has it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, str | int | float | bool | dict) or value is None:
        return value
    return str(value)


def link_items(rows: Any) -> list[list[Any]] | None:
    """[label, [table, id]] of each linked row."""
    return [[str(row), [row.__tablename__, row.id]] for row in rows] or None


def line_content(line: Any, owner: str, *, was: bool = False) -> LineContent:
    """All of a line, without its relationship `owner`; with `was`, as it was when read."""
    names = own_columns(inspect(line).mapper, owner)
    values = {name: to_json(_value(line, name, was)) for name in names}
    return partial_content(line, owner, {k: v for k, v in values.items() if v is not None}, was=was)


def partial_content(
    line: Any, owner: str, values: dict[str, Any], *, was: bool = False
) -> LineContent:
    """Some columns of a line."""
    # From the far side of a link, its name is that of the near one.
    label = line if owner == line.__parent__ else getattr(line, line.__parent__)
    return {"label": str(label), "links": list(_links(line, owner, was)), "values": values}


@cache
def own_columns(mapper: Mapper[Any], owner: str) -> tuple[str, ...]:
    """The columns of a line, without the one that says whose it is."""
    key = key_of(mapper.relationships[owner])
    return tuple(name for name in tracked_attributes(mapper).all_columns if name != key)


def _links(line: Any, owner: str, was: bool) -> Iterator[list[Any]]:
    for table, name in _to_one(inspect(line).mapper, owner):
        pk = _value(line, name, was)
        if pk is not None:
            yield [table, pk]


@cache
def _to_one(mapper: Mapper[Any], owner: str) -> tuple[tuple[str, str], ...]:
    """(table, column) of what a line leads to, `owner` apart."""
    return tuple(
        (one.mapper.class_.__tablename__, key_of(one))
        for one in mapper.relationships
        if one.direction.name == "MANYTOONE" and one.key != owner
    )


def _value(row: Any, name: str, was: bool) -> Any:
    state = inspect(row)
    if was and name in state.committed_state:
        history = state.attrs[name].history
        return next(iter(history.deleted or history.unchanged or ()), None)
    return state.dict.get(name)
