"""No one grants what they do not have; the last administrator stays (2.19), on every path.

On stock FAB each of the grants below succeeds for whoever may edit users.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Group, Role, User
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.companies.models import Company, RoleCell
from crm.companies.people import commands, roles, users
from crm.companies.people.rights import active_admins
from crm.core.actor import ACTIONS, Scope
from crm.core.errors import DomainError
from crm.core.rows import unfiltered
from tests.fixtures import Acting, Cast, Client

Everything = Callable[[], AbstractContextManager[Session]]
LACKING = "You cannot grant rights that you do not have."
ROLES = "A role applies to all companies"
MORE = "gives rights that you do not have"
ABOVE = "This person has rights that you do not have."
LAST = "Keep at least one active administrator."
FIXED = "The Admin role cannot be edited"


def change(session: Session, row: Any, **values: Any) -> None:
    """Set attributes without any service."""
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()


def remove(session: Session, row: Any) -> None:
    """Delete without any service."""
    session.delete(row)
    session.flush()


@pytest.fixture
def clerk(everything: Everything, cast: Cast, request: pytest.FixtureRequest) -> str:
    """Marc, who may also do everything to users, groups and roles: of his companies, or of all."""
    with everything() as session:
        scope = getattr(request, "param", Scope.COMPANY)
        cells = [RoleCell(entity="users", action=action, scope=int(scope)) for action in ACTIONS]
        marc = session.get_one(User, cast.marc)
        marc.roles.append(Role(name="Clerk", cells=cells))
    return "marc"


def role(session: Session, code: str) -> Any:
    return session.scalars(select(Role).where(Role.code == code)).one()


def admin_to_oneself(session: Session, cast: Cast) -> None:
    marc = session.get_one(User, cast.marc)
    users.update(marc, {"roles": [*marc.roles, role(session, "admin")]})


def admin_to_a_new_user(session: Session, cast: Cast) -> None:
    france = session.get_one(Company, cast.france)
    values = {"first_name": "Eve", "last_name": "X", "username": "eve", "email": "eve@acme.example"}
    users.create({**values, "companies": [france], "roles": [role(session, "admin")]})


def a_group_with_admin(session: Session, cast: Cast) -> None:
    session.add(Group(name="Friends", roles=[role(session, "admin")]))
    session.flush()


def admin_to_a_group(session: Session, cast: Cast) -> None:
    support = session.get_one(Group, cast.support)
    support.roles.append(role(session, "admin"))
    session.flush()


def a_member_of_a_group_with_admin(session: Session, cast: Cast) -> None:
    chiefs = session.scalars(select(Group).where(Group.name == "Chiefs")).one()
    chiefs.users.append(session.get_one(User, cast.marc))
    session.flush()


def the_same_from_the_user(session: Session, cast: Cast) -> None:
    chiefs = session.scalars(select(Group).where(Group.name == "Chiefs")).one()
    users.update(session.get_one(User, cast.marc), {"groups": [chiefs]})


def a_member_of_the_role(session: Session, cast: Cast) -> None:
    admin = role(session, "admin")
    admin.user.append(session.get_one(User, cast.marc))
    session.flush()


def a_wider_cell(session: Session, cast: Cast) -> None:
    roles.save_cells(role(session, "salesperson"), {("leads", "read"): Scope.ALL})


def a_cell_that_one_has_not(session: Session, cast: Cast) -> None:
    roles.save_cells(role(session, "salesperson"), {("settings", "edit"): Scope.OWN})


def a_cell_of_a_new_role(session: Session, cast: Cast) -> None:
    roles.save_cells(roles.create({"name": "Mine"}), {("leads", "read"): Scope.ALL})


def a_cell_past_the_service(session: Session, cast: Cast) -> None:
    held = role(session, "manager")
    session.add(RoleCell(role=held, entity="leads", action="audit", scope=int(Scope.ALL)))
    session.flush()


def a_copy_of_admin(session: Session, cast: Cast) -> None:
    roles.duplicate(role(session, "admin"))


def another_company(session: Session, cast: Cast) -> None:
    marc = session.get_one(User, cast.marc)
    with unfiltered("he got hold of the row in some way"):
        marc.companies.append(session.get_one(Company, cast.iberia))
    session.flush()


GRANTS = (
    admin_to_oneself, admin_to_a_new_user, a_group_with_admin, admin_to_a_group,
    a_member_of_a_group_with_admin, the_same_from_the_user, a_member_of_the_role, a_wider_cell,
    a_cell_that_one_has_not, a_cell_of_a_new_role, a_cell_past_the_service, a_copy_of_admin,
)  # fmt: skip
WIDTHS = (Scope.COMPANY, Scope.ALL)


@pytest.mark.parametrize("clerk", WIDTHS, indirect=True, ids=lambda scope: scope.name)
@pytest.mark.parametrize("grant", GRANTS, ids=lambda grant: grant.__name__)
def test_what_one_lacks_one_cannot_grant(
    grant: Callable[[Session, Cast], None],
    clerk: str,
    acting: Acting,
    everything: Everything,
    cast: Cast,
) -> None:
    with everything() as session:
        session.add(Group(name="Chiefs", roles=[role(session, "admin")]))
    with pytest.raises(DomainError) as refused, acting(clerk) as session:
        grant(session, cast)
    assert any(words in str(refused.value) for words in (LACKING, ROLES, MORE))
    with everything() as session:
        marc = session.get_one(User, cast.marc)
        assert {held.name for held in marc.roles} == {"CRM manager", "Clerk"}
        assert marc.groups == []


def test_another_company_is_not_to_be_taken(clerk: str, acting: Acting, cast: Cast) -> None:
    with pytest.raises(DomainError, match=LACKING), acting(clerk) as session:
        another_company(session, cast)


@pytest.mark.parametrize("clerk", [Scope.ALL], indirect=True)
def test_what_one_has_one_can_grant(
    clerk: str, acting: Acting, everything: Everything, cast: Cast
) -> None:
    with acting(clerk) as session:
        users.update(session.get_one(User, cast.nadia), {"roles": [role(session, "manager")]})
        users.update(session.get_one(User, cast.hugo), {"active": False})
        roles.save_cells(roles.create({"name": "Mine"}), {("leads", "read"): Scope.COMPANY})
        support = session.get_one(Group, cast.support)
        support.roles.append(role(session, "salesperson"))
    with everything() as session:
        assert session.get_one(User, cast.nadia).roles == [role(session, "manager")]
        assert not session.get_one(User, cast.hugo).active


@pytest.mark.parametrize(
    "values",
    [
        {"email": "mine@acme.example"}, {"active": False}, {"username": "mine"},
        {"last_name": "Mine"}, {"password": "x"}, {"roles": []},
    ],
    ids=lambda values: next(iter(values)),
)  # fmt: skip
def test_users_with_more_rights_cannot_be_changed(
    values: dict[str, Any], clerk: str, acting: Acting, cast: Cast
) -> None:
    with pytest.raises(DomainError, match=ABOVE), acting(clerk) as session:
        change(session, session.get_one(User, cast.alice), **values)


def test_people_of_other_companies_are_left_alone(clerk: str, acting: Acting, cast: Cast) -> None:
    with pytest.raises(DomainError, match="none of your companies"), acting(clerk) as session:
        users.set_password(session.get_one(User, cast.olga), "a hash", must_change=True)


def test_who_may_not_edit_users_changes_nobody(acting: Acting, cast: Cast) -> None:
    for values in ({"phone": "0102030405"}, {"password": "x"}, {"active": False}):
        with pytest.raises(DomainError), acting("claire") as session:
            change(session, session.get_one(User, cast.nadia), **values)


@pytest.mark.parametrize(
    "name", ["username", "active", "roles", "groups", "companies", "agency_id"]
)
def test_of_oneself_one_changes_no_right(name: str, acting: Acting, cast: Cast) -> None:
    values = {"username": "root", "active": False, "agency_id": cast.lyon}
    with pytest.raises(DomainError), acting("claire") as session:
        change(session, session.get_one(User, cast.claire), **{name: values.get(name, [])})


def test_of_oneself_one_changes_the_rest(
    acting: Acting, everything: Everything, cast: Cast
) -> None:
    with acting("claire") as session:
        claire = session.get_one(User, cast.claire)
        claire.phone, claire.time_zone = "0102030405", "Europe/Madrid"
    with everything() as session:
        assert session.get_one(User, cast.claire).phone == "+33102030405"


# The last administrator ──────────────────────────────────────────────────────────────────────────


def deactivated(session: Session, user: Any) -> None:
    user.active = False


def without_role(session: Session, user: Any) -> None:
    user.roles, user.groups = [], []


def taken_out_of_the_group(session: Session, user: Any) -> None:
    for group in list(user.groups):
        group.users.remove(user)
    user.roles = []


def group_without_role(session: Session, user: Any) -> None:
    for group in user.groups:
        group.roles = []
    user.roles = []


def group_deleted(session: Session, user: Any) -> None:
    for group in list(user.groups):
        session.delete(group)
    user.roles = []


def role_taken_away(session: Session, user: Any) -> None:
    for group in user.groups:
        group.roles = []
    role(session, "admin").user = []


def deleted(session: Session, user: Any) -> None:
    user.created_by_fk = user.changed_by_fk = None
    session.delete(user)


LOSSES = (
    deactivated, without_role, taken_out_of_the_group, group_without_role, group_deleted,
    role_taken_away, deleted,
)  # fmt: skip


@pytest.fixture
def only_admin(everything: Everything, cast: Cast, request: pytest.FixtureRequest) -> int:
    """Alice, the one active administrator: by her role, or by a group."""
    with everything() as session:
        session.get_one(User, cast.people["admin"]).active = False
        alice = session.get_one(User, cast.alice)
        if getattr(request, "param", "role") == "group":
            session.add(Group(name="Chiefs", roles=[role(session, "admin")], users=[alice]))
            session.flush()
            alice.roles = []
    return cast.alice


@pytest.mark.both
@pytest.mark.parametrize("only_admin", ["role", "group"], indirect=True)
@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_the_last_administrator_stays(
    loss: Callable[[Session, Any], None], only_admin: int, everything: Everything
) -> None:
    """Held to by a command too, which has nobody's rights to compare."""
    with pytest.raises(DomainError, match=LAST), everything() as session:
        loss(session, session.get_one(User, only_admin))
    with everything() as session:
        assert session.scalars(active_admins()).all() == [only_admin]


def test_the_last_but_one_may_go(everything: Everything, cast: Cast) -> None:
    with everything() as session:
        users.deactivate(session.get_one(User, cast.people["admin"]))
        assert session.scalars(active_admins()).all() == [cast.alice]


def test_a_command_is_refused_alike(app: Flask, only_admin: int) -> None:
    with app.app_context(), pytest.raises(DomainError, match=LAST):
        commands.deactivate("alice")


def test_a_refused_flush_leaves_no_question_behind(only_admin: int, everything: Everything) -> None:
    with everything() as session:
        with pytest.raises(DomainError, match=LAST):
            users.deactivate(session.get_one(User, only_admin))
        session.rollback()
        session.get_one(User, only_admin).phone = "0102030405"


def test_the_administrator_role_is_fixed(acting: Acting) -> None:
    with pytest.raises(DomainError, match=FIXED), acting("alice") as session:
        roles.save_cells(role(session, "admin"), {("leads", "read"): Scope.OWN})
    with pytest.raises(DomainError, match=FIXED), acting("alice") as session:
        change(session, role(session, "admin"), code="other")
    with pytest.raises(DomainError, match=FIXED), acting("alice") as session:
        roles.delete(role(session, "admin"))
    with pytest.raises(DomainError, match=FIXED), acting("alice") as session:
        remove(session, role(session, "admin"))


def test_by_page_it_is_refused_with_what_was_typed(
    clerk: str, as_user: Callable[[str], Client], everything: Everything, cast: Cast
) -> None:
    with everything() as session:
        admin_id, manager_id = role(session, "admin").id, role(session, "manager").id
        version = session.get_one(User, cast.marc).row_version
    data = {
        "first_name": "Marc", "last_name": "Typed", "username": "marc", "email": "m@acme.example",
        "language": "en", "time_zone": "Europe/Paris", "companies": str(cast.france),
        "roles": [str(manager_id), str(admin_id)], "row_version": str(version), "active": "1",
    }  # fmt: skip
    answer = as_user(clerk).post(f"/users/edit/{cast.marc}", data=data)
    assert answer.status_code == 422
    assert LACKING in answer.text
    assert 'value="Typed"' in answer.text
