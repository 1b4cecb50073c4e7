"""The rights of people and roles as cells, and the comparison that every grant goes through."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_appbuilder.security.sqla.models import (
    Role,
    User,
    assoc_group_role,
    assoc_user_group,
    assoc_user_role,
)
from sqlalchemy import ColumnElement, Select, or_, select

from crm.core.actor import Actor, Scope

Cell = tuple[str, str]  # entity, action
Reach = Mapping[Cell, Scope]

# The code of the one role that nobody may change, so that somebody can always do everything.
ADMIN = "admin"


def reach_of(roles: Iterable[Role]) -> dict[Cell, Scope]:
    """The widest scope that these roles give in each cell, none left out."""
    reach: dict[Cell, Scope] = {}
    for role in roles:
        for cell in role.cells:
            held = (cell.entity, cell.action)
            reach[held] = max(reach.get(held, Scope.NONE), Scope(cell.scope or 0))
    return {cell: scope for cell, scope in reach.items() if scope}


def exceeds(reach: Reach, actor: Actor) -> bool:
    """Whether `reach` goes beyond the actor's in any cell. Order of scopes: spec 1.3."""
    return any(scope > actor.reach(action, entity) for (entity, action), scope in reach.items())


def roles_of(user: Any) -> set[Role]:
    """All roles of a user, their own and those of their groups."""
    return {*user.roles, *(role for group in user.groups for role in group.roles)}


def holders(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Users who hold a role that meets `condition`, themselves or through a group."""
    own = select(assoc_user_role.c.user_id).join(Role, Role.id == assoc_user_role.c.role_id)
    grouped = (
        select(assoc_user_group.c.user_id)
        .join(assoc_group_role, assoc_group_role.c.group_id == assoc_user_group.c.group_id)
        .join(Role, Role.id == assoc_group_role.c.role_id)
    )
    return or_(User.id.in_(own.where(condition)), User.id.in_(grouped.where(condition)))


def active_admins() -> Select[Any]:
    """The ids of the people who can do everything, and may sign in."""
    return select(User.id).where(User.active.is_(True), holders(Role.code == ADMIN))
