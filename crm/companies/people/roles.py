"""Services of roles: cells, name, copies. FAB's permissions are derived from the cells."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_appbuilder.security.sqla.models import (
    Role,
    assoc_group_role,
    assoc_user_group,
    assoc_user_role,
)
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select, union

from crm.companies.models import RoleCell
from crm.companies.people.rights import ADMIN, Cell
from crm.core.actor import Scope, find_actor
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import create_row
from crm.core.db import db
from crm.core.db_errors import translate_errors
from crm.core.errors import DomainError
from crm.core.journal import Journal, record
from crm.core.security import registered_pairs, sync_permissions, sync_roles

Grid = Mapping[Cell, Scope]


def grid_of(role: Any) -> dict[Cell, Scope]:
    """The cells of a role."""
    return {(cell.entity, cell.action): Scope(cell.scope) for cell in role.cells}


def save_cells(role: Any, grid: Grid) -> None:
    """Set cells of a role; others are kept. Raises DomainError, as the flush is checked.

    "None" is stored too, as `crm init` fills in missing cells.
    """
    before = grid_of(role)
    known = {(cell.entity, cell.action): cell for cell in role.cells}
    for (entity, action), scope in grid.items():
        cell = known.get((entity, action))
        if cell is None:
            role.cells.append(RoleCell(entity=entity, action=action, scope=int(scope)))
        elif cell.scope != scope:
            cell.scope = int(scope)
    with translate_errors(db.session()):
        db.session.flush()
    _tell(role, before, grid)
    held = [cell for cell, scope in grid_of(role).items() if scope]
    sync_roles(db.session(), {role.id: held})


def _tell(role: Any, before: Grid, grid: Grid) -> None:
    """Write the cells that changed into the journal: `leads.read`, from scope to scope."""
    changes = {
        ".".join(cell): [int(before.get(cell, Scope.NONE)), int(scope)]
        for cell, scope in grid.items()
        if before.get(cell, Scope.NONE) != scope
    }
    if find_actor() is not None:  # not for `crm init`
        record(role, changes)


def create(values: Mapping[str, Any]) -> Role:
    """A new role without rights. Raises DomainError on `name`."""
    role: Role = create_row(Role, values)
    return role


def duplicate(role: Any) -> Role:
    """A copy of a role with its cells. Raises DomainError beyond the actor's own rights."""
    taken = set(db.session.scalars(select(Role.name)))
    names = (f"{role.name} ({number})" for number in range(2, len(taken) + 3))
    copy = create({"name": next(name for name in names if name not in taken)})
    save_cells(copy, grid_of(role))
    return copy


def delete(role: Any) -> None:
    """Remove a role that nobody has. Raises DomainError, with how many do."""
    if role.code == ADMIN:
        raise DomainError(_("The Admin role cannot be edited; duplicate it."))
    used = len(role.user) + len(role.groups)
    if used:
        raise DomainError(
            ngettext(
                "%(num)s user or group has this role; remove it from them first.",
                "%(num)s users or groups have this role; remove it from them first.",
                used,
            )
        )
    before = grid_of(role)
    _tell(role, before, dict.fromkeys(before, Scope.NONE))
    db.session.delete(role)
    db.session.flush()


def people_by_role() -> dict[int, int]:
    """role id → number of users with it, directly or by a group, inactive ones included."""
    own = select(assoc_user_role.c.role_id, assoc_user_role.c.user_id)
    grouped = select(assoc_group_role.c.role_id, assoc_user_group.c.user_id).join(
        assoc_user_group, assoc_user_group.c.group_id == assoc_group_role.c.group_id
    )
    held = union(own, grouped).subquery()
    counted = select(held.c.role_id, func.count()).group_by(held.c.role_id)
    return {row[0]: row[1] for row in db.session.execute(counted)}


def changed_by_role() -> dict[int, datetime]:
    """role → when it last changed."""
    last = select(Journal.row_id, func.max(Journal.at)).where(Journal.kind == "ab_role")
    return {row[0]: row[1] for row in db.session.execute(last.group_by(Journal.row_id))}


def sync(appbuilder: Any) -> None:
    """Bring FAB's permissions in line with the views and the grid; part of `crm init`."""
    statement = select(Role.id, RoleCell.entity, RoleCell.action, RoleCell.scope).outerjoin(
        RoleCell
    )
    cells: dict[int, list[Cell]] = {}
    for role_id, entity, action, scope in db.session.execute(statement):
        held = cells.setdefault(role_id, [])
        if scope:
            held.append((entity, action))
    sync_permissions(db.session(), registered_pairs(appbuilder), cells)


RULES = Rules(create=create, delete=delete)
