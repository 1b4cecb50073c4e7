"""Who holds which role, as SQL."""

from typing import Any

from flask_appbuilder.security.sqla.models import (
    Role,
    User,
    assoc_group_role,
    assoc_user_group,
    assoc_user_role,
)
from sqlalchemy import ColumnElement, Select, or_, select

Cell = tuple[str, str]  # entity, action

# The code of the role that cannot be changed, so that somebody always has all rights.
ADMIN = "admin"


def holders(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition for users with a role that meets `condition`, directly or by a group."""
    own = select(assoc_user_role.c.user_id).join(Role, Role.id == assoc_user_role.c.role_id)
    grouped = (
        select(assoc_user_group.c.user_id)
        .join(assoc_group_role, assoc_group_role.c.group_id == assoc_user_group.c.group_id)
        .join(Role, Role.id == assoc_group_role.c.role_id)
    )
    return or_(User.id.in_(own.where(condition)), User.id.in_(grouped.where(condition)))


def active_admins() -> Select[Any]:
    """The ids of the active users with the role Admin."""
    return select(User.id).where(User.active.is_(True), holders(Role.code == ADMIN))
