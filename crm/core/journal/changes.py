"""The changes of a flush by row; changes of child rows are recorded with their parent."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from flask_appbuilder.security.sqla.models import Group, Role, User
from sqlalchemy import inspect
from sqlalchemy.orm import PassiveFlag, Session

from crm.core.journal.values import (
    TrackedAttributes,
    line_content,
    link_items,
    own_columns,
    partial_content,
    tracked_attributes,
)
from crm.core.models import AuditedModel, Child
from crm.core.models.kinds import to_json

Pairs = dict[str, list[Any]]  # name → [before, after]


@dataclass
class Change:
    """What happened to one row."""

    row: Any
    action: str
    changes: Pairs = field(default_factory=dict)


def collect(session: Session) -> list[Change]:
    """The changes of this flush; called after it, when new rows have ids."""
    found: dict[int, Change] = {}
    for row in session.new:
        if _is_watched(row):
            changes = dict(
                [*_columns(row, tracked_attributes_of(row).columns, is_new=True), *_lists(row)]
            )
            found[id(row)] = Change(row, "created", changes)
    for row in session.dirty:
        if _is_watched(row):
            changes = dict([*_columns(row, tracked_attributes_of(row).columns), *_lists(row)])
            found[id(row)] = Change(row, _action(changes), changes)
    for row in session.deleted:
        if _is_watched(row):
            found[id(row)] = Change(row, "purged", _whole(row))
    lines = ((session.new, _added), (session.dirty, _edited), (session.deleted, _removed))
    for rows, tell in lines:
        for line in rows:
            if isinstance(line, Child):
                _tell_line(line, tell, found)
    return [one for one in found.values() if one.changes or one.action != "changed"]


def tracked_attributes_of(row: Any) -> TrackedAttributes:
    return tracked_attributes(inspect(row).mapper)


def load_deleted(session: Session) -> None:
    """Load the rows to be deleted, with the child rows that the database's cascade deletes."""
    for row in session.deleted:
        if _is_watched(row):
            what = tracked_attributes_of(row)
            for name in (*what.all_columns, *what.links, *dict(what.lines)):
                getattr(row, name)


def _is_watched(row: Any) -> bool:
    return isinstance(row, AuditedModel | User | Group | Role)


def _action(changes: Pairs) -> str:
    if "deleted_at" not in changes:
        return "changed"
    return "deleted" if changes["deleted_at"][1] else "restored"


def _columns(
    row: Any, names: tuple[str, ...], *, is_new: bool = False
) -> Iterator[tuple[str, list[Any]]]:
    state = inspect(row)
    for name in names:
        if name not in state.committed_state:
            continue  # not set since it was loaded
        before, after = None, to_json(state.dict.get(name))
        if not is_new:
            history = state.get_history(name, PassiveFlag.PASSIVE_NO_INITIALIZE)
            if not history.has_changes():
                continue  # set to what it was
            before = to_json(history.deleted[0]) if history.deleted else None
        if before != after:
            yield name, [before, after]


def _lists(row: Any) -> Iterator[tuple[str, list[Any]]]:
    state = inspect(row)
    what = tracked_attributes(state.mapper)
    for name in what.links:
        if name in state.committed_state:
            history = state.attrs[name].history
            if history.added or history.deleted:
                yield name, [link_items(history.deleted), link_items(history.added)]
    for name, owner in what.lines:
        if name in state.committed_state:
            history = state.attrs[name].history
            for line in history.deleted:
                yield f"{name}.{line.id}", [line_content(line, owner, was=True), None]
            for line in history.added:
                yield f"{name}.{line.id}", [None, line_content(line, owner)]


def _tell_line(
    line: Any, tell: Callable[[Any, str], list[Any] | None], found: dict[int, Change]
) -> None:
    """Add the change of a line to that of its parent."""
    owner = inspect(line).mapper.relationships[line.__parent__]
    parent = getattr(line, owner.key)
    if parent is None or owner.back_populates not in dict(tracked_attributes_of(parent).lines):
        return  # no list of the parent has it, or it is not recorded
    change = found.setdefault(id(parent), Change(parent, "changed"))
    key = f"{owner.back_populates}.{line.id}"
    if change.action == "purged" or key in change.changes:
        return  # recorded with its purged parent, or as added or removed
    pair = tell(line, owner.key)
    if pair is not None:
        change.changes[key] = pair


def _added(line: Any, owner: str) -> list[Any]:
    return [None, line_content(line, owner)]


def _removed(line: Any, owner: str) -> list[Any]:
    return [line_content(line, owner, was=True), None]


def _edited(line: Any, owner: str) -> list[Any] | None:
    pairs = dict(_columns(line, own_columns(inspect(line).mapper, owner)))
    if not pairs:
        return None
    before, after = ({name: pair[side] for name, pair in pairs.items()} for side in (0, 1))
    return [partial_content(line, owner, before, was=True), partial_content(line, owner, after)]


def _whole(row: Any) -> Pairs:
    """All values of a purged row."""
    state, what = inspect(row), tracked_attributes_of(row)
    values = ((name, to_json(state.dict.get(name))) for name in what.all_columns)
    pairs: Pairs = {name: [value, None] for name, value in values if value is not None}
    for name in what.links:
        if state.dict.get(name):
            pairs[name] = [link_items(state.dict[name]), None]
    for name, owner in what.lines:
        for line in state.dict.get(name, ()):
            pairs[f"{name}.{line.id}"] = [line_content(line, owner), None]
    return pairs
