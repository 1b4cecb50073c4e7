"""FAB's permission–view pairs, derived from the grid of rights and never edited."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    ViewMenu,
    assoc_permissionview_role,
)
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

Cell = tuple[str, str]  # entity, action
PermissionPair = tuple[str, str]  # permission, view

# The OpenAPI description, which depends on the rights of its reader.
DESCRIPTION: PermissionPair = ("can_get", "OpenApi")


def pairs_of(cells: Iterable[Cell]) -> frozenset[PermissionPair]:
    """The pairs for the cells of a grid, whatever their scope."""
    held = frozenset(cells)
    entities = {(f"can_{action}", entity) for entity, action in held}
    return frozenset(entities | ({DESCRIPTION} if held else set()))


def registered_pairs(appbuilder: Any) -> frozenset[PermissionPair]:
    """The pairs of all registered views."""
    return frozenset(
        (permission, view.class_permission_name)
        for view in appbuilder.baseviews
        for permission in view.base_permissions or ()
    )


def sync_permissions(
    session: Session,
    wanted: frozenset[PermissionPair],
    cells_of_roles: Mapping[int, Iterable[Cell]],
) -> None:
    """Make FAB's four permission tables hold exactly the pairs of the views and of the roles.

    Called by `crm init`, under its lock and in its transaction. Idempotent; seven statements when
    nothing changed, whatever the number of views.
    """
    permissions = _names(session, Permission, {permission for permission, _ in wanted})
    views = _names(session, ViewMenu, {view for _, view in wanted})
    pairs = _pairs(session, permissions, views, wanted)
    _give(session, pairs, cells_of_roles)
    _sweep(session, Permission, permissions, {permission for permission, _ in wanted})
    _sweep(session, ViewMenu, views, {view for _, view in wanted})


def sync_roles(session: Session, cells_of_roles: Mapping[int, Iterable[Cell]]) -> None:
    """Update the pairs of some roles after their cells changed."""
    statement = (
        select(Permission.name, ViewMenu.name, PermissionView.id)
        .select_from(PermissionView)
        .join(Permission, Permission.id == PermissionView.permission_id)
        .join(ViewMenu, ViewMenu.id == PermissionView.view_menu_id)
    )
    pairs = {(permission, view): pk for permission, view, pk in session.execute(statement)}
    _give(session, pairs, cells_of_roles)


def _names(session: Session, model: Any, wanted: set[str]) -> dict[str, int]:
    """name → id of a table of names, with those in `wanted` added."""
    table = model.__table__
    known = _known(session, table)
    missing = sorted(wanted - known.keys())
    if not missing:
        return known
    session.execute(insert(table), [{"name": name} for name in missing])
    return _known(session, table)


def _known(session: Session, table: Any) -> dict[str, int]:
    rows = session.execute(select(table.c.name, table.c.id))
    return {name: pk for name, pk in rows}  # noqa: C416  a Row is no tuple to mypy


def _pairs(
    session: Session,
    permissions: Mapping[str, int],
    views: Mapping[str, int],
    wanted: frozenset[PermissionPair],
) -> dict[PermissionPair, int]:
    """pair → id, after adding the wanted ones and deleting those of no view."""
    table = PermissionView.__table__
    permission_names = {pk: name for name, pk in permissions.items()}
    view_names = {pk: name for name, pk in views.items()}

    def read() -> dict[PermissionPair, int]:
        rows = session.execute(select(table.c.permission_id, table.c.view_menu_id, table.c.id))
        return {(permission_names[p], view_names[v]): pk for p, v, pk in rows}

    known = read()
    missing = sorted(wanted - known.keys())
    if missing:
        session.execute(
            insert(table),
            [{"permission_id": permissions[p], "view_menu_id": views[v]} for p, v in missing],
        )
    stale = [pk for pair, pk in known.items() if pair not in wanted]
    if stale:
        links = assoc_permissionview_role
        session.execute(delete(links).where(links.c.permission_view_id.in_(stale)))
        session.execute(delete(table).where(table.c.id.in_(stale)))
    return read() if missing or stale else known


def _give(
    session: Session,
    pairs: Mapping[PermissionPair, int],
    cells_of_roles: Mapping[int, Iterable[Cell]],
) -> None:
    """Make each of these roles have exactly the pairs of its cells."""
    links = assoc_permissionview_role
    statement = select(links.c.role_id, links.c.permission_view_id, links.c.id)
    rows = session.execute(statement.where(links.c.role_id.in_(cells_of_roles)))
    known = {(role, pair): pk for role, pair, pk in rows}
    wanted = {
        (role, pairs[pair])
        for role, cells in cells_of_roles.items()
        for pair in pairs_of(cells)
        if pair in pairs
    }
    missing = sorted(wanted - known.keys())
    if missing:
        session.execute(
            insert(links), [{"role_id": role, "permission_view_id": pair} for role, pair in missing]
        )
    stale = [pk for link, pk in known.items() if link not in wanted]
    if stale:
        session.execute(delete(links).where(links.c.id.in_(stale)))


def _sweep(session: Session, model: Any, known: Mapping[str, int], wanted: set[str]) -> None:
    stale = [pk for name, pk in known.items() if name not in wanted]
    if stale:
        session.execute(delete(model.__table__).where(model.__table__.c.id.in_(stale)))
