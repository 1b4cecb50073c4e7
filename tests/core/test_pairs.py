"""FAB's permissions, derived from the grid. Trap 2.14, and 2.2 for who reads them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import (
    Permission,
    PermissionView,
    Role,
    assoc_permissionview_role,
)
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from crm.companies.models import RoleCell
from crm.companies.people import roles
from crm.core.actor import Scope
from crm.core.security import pairs_of, registered_pairs, sync_permissions
from tests.fixtures import Acting

Everything = Callable[[], AbstractContextManager[Session]]


def test_a_cell_opens_the_pages_of_its_entity() -> None:
    assert pairs_of([("leads", "read"), ("quotes", "export")]) == {
        ("can_read", "leads"), ("can_export", "quotes"), ("can_get", "OpenApi"),
    }  # fmt: skip


def test_the_description_of_the_api_is_for_whoever_may_do_something() -> None:
    assert ("can_get", "OpenApi") in pairs_of([("leads", "read")])
    assert pairs_of([]) == frozenset()


def pairs_held(session: Session, code: str) -> set[tuple[str, str]]:
    role = session.scalars(select(Role).where(Role.code == code)).one()
    return {(pair.permission.name, pair.view_menu.name) for pair in role.permissions}


def test_a_role_has_the_pairs_of_its_cells_and_no_more(app: Flask, everything: Everything) -> None:
    asked = registered_pairs(app.extensions["appbuilder"])
    with everything() as session:
        for role in session.scalars(select(Role)):
            cells = [(cell.entity, cell.action) for cell in role.cells if cell.scope]
            assert pairs_held(session, role.code) == pairs_of(cells) & asked
        assert session.scalars(select(PermissionView)).unique().all()


def test_every_pair_is_an_action_of_the_grid_or_a_page_of_the_engine(app: Flask) -> None:
    actions = {f"can_{action}" for action in ("read", "create", "edit", "delete", "export")}
    for permission, view in registered_pairs(app.extensions["appbuilder"]):
        assert permission in actions or view in ("OpenApi", "SwaggerView"), (permission, view)


@pytest.mark.both
def test_doing_it_again_changes_nothing_and_costs_little(
    app: Flask, everything: Everything, counting: Any
) -> None:
    with everything(), counting() as statements:
        roles.sync(app.extensions["appbuilder"])
    assert not [one for one in statements if not one.startswith("SELECT")]
    assert len(statements) <= 5


@pytest.mark.both
def test_what_is_missing_comes_back_and_what_no_view_asks_for_goes(
    app: Flask, everything: Everything
) -> None:
    with everything() as session:
        before = pairs_held(session, "salesperson")
        session.execute(delete(assoc_permissionview_role))
        stray = Permission(name="can_dance")
        session.add(stray)
        session.flush()
        some = session.scalars(select(PermissionView)).unique().first()
        assert some is not None
        session.add(PermissionView(permission=stray, view_menu=some.view_menu))
    with everything() as session:
        roles.sync(app.extensions["appbuilder"])
        session.expire_all()
        assert pairs_held(session, "salesperson") == before
        assert session.scalars(select(Permission).where(Permission.name == "can_dance")).all() == []


def test_nothing_is_left_where_there_are_no_views(everything: Everything) -> None:
    with everything() as session:
        sync_permissions(session, frozenset(), {1: [("leads", "read")]})
        assert session.scalars(select(Permission)).all() == []
        assert session.execute(select(assoc_permissionview_role)).all() == []


def test_saving_a_grid_derives_its_pairs_at_once(acting: Acting, everything: Everything) -> None:
    with acting("alice") as session:
        role = session.scalars(select(Role).where(Role.code == "salesperson")).one()
        roles.save_cells(role, {("leads", "read"): Scope.NONE, ("leads", "delete"): Scope.OWN})
    with everything() as session:
        held = pairs_held(session, "salesperson")
        assert ("can_read", "leads") not in held
        assert ("can_delete", "leads") in held
        kept = select(RoleCell.scope).where(
            RoleCell.role.has(code="salesperson"),
            RoleCell.entity == "leads",
            RoleCell.action == "read",
        )
        assert session.scalar(kept) == 0, "none is said, so that an upgrade does not add it again"
