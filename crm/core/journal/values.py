"""The attributes that the journal records, and their values as JSON."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, TypedDict

from sqlalchemy import inspect
from sqlalchemy.orm import Mapper

from crm.core.models import Child, key_of
from crm.core.models.kinds import to_json

# Of no use to readers; the permissions of a role follow from its cells.
UNTRACKED = {
    "id", "row_version", "created_on", "changed_on", "created_by_id", "changed_by_id",
    "sessions_from", "last_login", "login_count", "fail_login_count",
    "locked_until", "created_by_fk", "changed_by_fk", "position",
    "permissions",
}  # fmt: skip


class LineContent(TypedDict):
    """A child row: its label, the rows that the label comes from, and its non-empty columns.

    Of a changed one, only the changed columns.
    """

    label: str
    links: list[list[Any]]  # [table, id] …: only readers of all these rows see the label
    values: dict[str, Any]


@dataclass(frozen=True)
class TrackedAttributes:
    columns: tuple[str, ...]  # recorded when they change
    all_columns: tuple[str, ...]  # recorded when the row is purged; without secrets
    links: tuple[str, ...]  # lists of rows with a page of their own
    lines: tuple[tuple[str, str], ...]  # (list of child rows, relationship back to the parent)


@cache
def tracked_attributes(mapper: Mapper[Any]) -> TrackedAttributes:
    names = tuple(
        mapper.get_property_by_column(column).key
        for column in mapper.columns
        if not any(column.info.get(mark) for mark in ("folds", "secret", "unjournaled"))
    )
    lists = [
        one
        for one in mapper.relationships
        if one.uselist
        and not one.viewonly
        and one.key not in UNTRACKED
        and not one.info.get("unjournaled")
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


def link_items(rows: Any) -> list[list[Any]] | None:
    """[label, [table, id]] of each linked row."""
    return [[str(row), [row.__tablename__, row.id]] for row in rows] or None


def line_content(line: Any, owner: str, *, was: bool = False) -> LineContent:
    """The content of a line without its parent `owner`; with `was`, as it was loaded."""
    names = own_columns(inspect(line).mapper, owner)
    values = {name: to_json(_value(line, name, was)) for name in names}
    return partial_content(line, owner, {k: v for k, v in values.items() if v is not None}, was=was)


def partial_content(
    line: Any, owner: str, values: dict[str, Any], *, was: bool = False
) -> LineContent:
    """As `line_content`, of some columns only."""
    # Seen from one side of a link, its label is that of the other side.
    label = line if owner == line.__parent__ else getattr(line, line.__parent__)
    return {"label": str(label), "links": list(_links(line, owner, was)), "values": values}


@cache
def own_columns(mapper: Mapper[Any], owner: str) -> tuple[str, ...]:
    """The columns of a line, without the foreign key to its parent."""
    key = key_of(mapper.relationships[owner])
    return tuple(name for name in tracked_attributes(mapper).all_columns if name != key)


def _links(line: Any, owner: str, was: bool) -> Iterator[list[Any]]:
    for table, name in _to_one(inspect(line).mapper, owner):
        pk = _value(line, name, was)
        if pk is not None:
            yield [table, pk]


@cache
def _to_one(mapper: Mapper[Any], owner: str) -> tuple[tuple[str, str], ...]:
    """(table, column) of the to-one links of a line, except to its parent."""
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
