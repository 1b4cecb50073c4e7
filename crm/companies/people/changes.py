"""The users, groups and roles that a flush changes, from either end of a relationship."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from flask_appbuilder.security.sqla.models import Group, Role, User
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from crm.companies.models import Company, RoleCell

# The relationships that give rights: (class, name, name at the other end).
LINKS = (
    (User, "roles", "user"),
    (User, "groups", "users"),
    (User, "companies", "users"),
    (Group, "roles", "groups"),
    (Group, "users", "groups"),
    (Role, "user", "roles"),
    (Role, "groups", "roles"),
    (Company, "users", "companies"),
)


@dataclass
class Changes:
    """row → names of the changed columns and links, links by their name on that row."""

    users: dict[Any, set[str]] = field(default_factory=lambda: defaultdict(set))
    groups: dict[Any, set[str]] = field(default_factory=lambda: defaultdict(set))
    roles: dict[Any, set[str]] = field(default_factory=lambda: defaultdict(set))
    cells: list[Any] = field(default_factory=list)
    gone: set[Any] = field(default_factory=set)

    def of(self, row: Any) -> dict[Any, set[str]]:
        """The changes of rows of the same class."""
        parts = {User: self.users, Group: self.groups, Role: self.roles}
        return parts.get(type(row), defaultdict(set))

    def action(self, row: Any) -> str:
        """The action of the grid: create, edit or delete."""
        if row in self.gone:
            return "delete"
        return "edit" if inspect(row).persistent else "create"


def find_changes(session: Session) -> Changes:
    """The changes of users, groups and roles in the next flush."""
    changes = Changes(gone=set(session.deleted))
    modified = (row for row in session.dirty if session.is_modified(row))
    for row in [*session.new, *modified, *session.deleted]:
        if isinstance(row, RoleCell):
            changes.cells.append(row)
        elif isinstance(row, User | Group | Role):
            changes.of(row)[row] |= _columns(row)
        for model, name, back in LINKS:
            if isinstance(row, model):
                for other in changed(row, name):
                    changes.of(row)[row].add(name)
                    changes.of(other)[other].add(back)
    return changes


def _columns(row: Any) -> set[str]:
    """The columns and to-one links that change."""
    state = inspect(row)
    lists = {relation.key for relation in state.mapper.relationships if relation.uselist}
    names = {attribute.key for attribute in state.attrs} - lists
    return {name for name in names if state.attrs[name].history.has_changes()}


def changed(row: Any, *names: str) -> set[Any]:
    """The rows that these attributes gain or lose."""
    return added(row, *names) | removed(row, *names)


def added(row: Any, *names: str) -> set[Any]:
    """The rows that these attributes gain; names that `row` lacks are ignored."""
    return {value for history in _histories(row, names) for value in history.added or ()}


def removed(row: Any, *names: str) -> set[Any]:
    return {value for history in _histories(row, names) for value in history.deleted or ()}


def _histories(row: Any, names: tuple[str, ...]) -> Iterator[Any]:
    attributes = inspect(row).attrs
    return (attributes[name].history for name in names if name in attributes)
