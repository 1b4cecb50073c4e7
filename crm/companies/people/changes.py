"""Which people, groups and roles a flush changes, whichever end of a relationship was touched."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from flask_appbuilder.security.sqla.models import Group, Role, User
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from crm.companies.models import Company, RoleCell

# By these relationships rights are held: of which class, its name, and what the other end calls it.
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
    """row → the names of what changes of it, those of links seen from its side."""

    users: dict[Any, set[str]] = field(default_factory=lambda: defaultdict(set))
    groups: dict[Any, set[str]] = field(default_factory=lambda: defaultdict(set))
    roles: dict[Any, set[str]] = field(default_factory=lambda: defaultdict(set))
    cells: list[Any] = field(default_factory=list)
    gone: set[Any] = field(default_factory=set)

    def of(self, row: Any) -> dict[Any, set[str]]:
        """The part that is about rows like this one."""
        parts = {User: self.users, Group: self.groups, Role: self.roles}
        return parts.get(type(row), defaultdict(set))

    def action(self, row: Any) -> str:
        """What is done to a row, in the words of the grid."""
        if row in self.gone:
            return "delete"
        return "edit" if inspect(row).persistent else "create"


def find_changes(session: Session) -> Changes:
    """What the next flush changes of people, groups and roles."""
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
    """What these attributes gain or lose."""
    return added(row, *names) | removed(row, *names)


def added(row: Any, *names: str) -> set[Any]:
    """What these attributes hold that they did not before; names that `row` lacks are left out."""
    return {value for history in _histories(row, names) for value in history.added or ()}


def removed(row: Any, *names: str) -> set[Any]:
    return {value for history in _histories(row, names) for value in history.deleted or ()}


def _histories(row: Any, names: tuple[str, ...]) -> Iterator[Any]:
    attributes = inspect(row).attrs
    return (attributes[name].history for name in names if name in attributes)
