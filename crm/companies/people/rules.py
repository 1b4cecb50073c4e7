"""Rules against privilege escalation: before a change the actor must be allowed to administer
the row, and after it the access given must not exceed the actor's.

Checked around every flush, for page, API, import and command alike: in FAB 5.3 whoever may edit
users, groups or roles can make themselves administrator. Adding somebody to a team gives them
access to the members' rows, and the members access to theirs.
"""

from dataclasses import dataclass, field
from typing import Any

from flask_appbuilder.security.sqla.models import Role
from flask_babel import gettext as _
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from crm.companies.people.access import (
    ANYWHERE,
    Access,
    Membership,
    access_of,
    exceeds,
    is_elsewhere,
    memberships,
)
from crm.companies.people.changes import Changes, removed
from crm.companies.people.refusals import (
    can_administer,
    refusal_of_group,
    refusal_of_role,
    refusal_of_user,
)
from crm.companies.people.rights import ADMIN
from crm.core.actor import Actor, Scope
from crm.core.errors import DomainError, Forbidden

# Users change these of themselves only with the right to edit users.
RESERVED = {"username", "active", "roles", "groups", "companies", "agency", "agency_id"}
# Changes that do not count as an edit of the row: holders of a role, versions.
OF_ROLES, OF_GROUPS = {"name", "code"}, {"name", "description", "is_team", "roles", "users"}
# Changes that affect the rights of all members.
OF_MEMBERS = {"roles", "is_team"}
# The field of the error message: the first of these that changed.
BLAMED = ("roles", "groups", "companies", "users", "agency")


@dataclass
class CheckContext:
    """The state before the flush, for the check after it."""

    actor: Actor
    changes: Changes
    users: dict[Any, set[str]]
    groups: dict[Any, set[str]]
    members: dict[int, Membership] = field(default_factory=dict)  # of the groups, before
    mates: set[int] = field(default_factory=set)  # the people of the actor's teams, before


def check_before(session: Session, changes: Changes, actor: Actor) -> CheckContext:
    """Refuse changes of rows that the actor may not administer. Raises DomainError, Forbidden."""
    asked = CheckContext(
        actor,
        changes,
        {
            row: names
            for row, names in changes.users.items()
            if row.id != actor.user_id or names & RESERVED or row in changes.gone
        },
        {
            row: names
            for row, names in changes.groups.items()
            if names & OF_GROUPS or changes.action(row) != "edit"
        },
    )
    for row in (*asked.users, *asked.groups):
        if not can_administer(actor, changes.action(row)):
            raise Forbidden(_("This page is not open to your role"))
    _ask_roles(session, changes, actor)
    _ask_groups(session, asked)
    _ask_users(session, asked)
    return asked


def _ask_roles(session: Session, changes: Changes, actor: Actor) -> None:
    for role, names in changes.roles.items():
        action = changes.action(role)
        if not names & OF_ROLES and action == "edit":
            continue
        _refuse(refusal_of_role(role, action, actor))
        if "code" in names or (action == "delete" and role.code == ADMIN):
            raise DomainError(_("The Admin role cannot be edited; duplicate it."))
    for cell in changes.cells:
        role = cell.role or session.get_one(Role, cell.role_id)
        if actor.widest_scope("edit", "users") is not Scope.ALL:
            _refuse(refusal_of_role(role, "edit", actor))
        if role.code == ADMIN:
            raise DomainError(_("The Admin role cannot be edited; duplicate it."))
        if exceeds(Access(_cells_before_and_after(cell), {ANYWHERE}, ANYWHERE), actor):
            raise _lacking(set())


def _cells_before_and_after(cell: Any) -> set[tuple[str, str, Scope]]:
    entities, actions, scopes = (
        {*removed(cell, name), getattr(cell, name)} for name in ("entity", "action", "scope")
    )
    return {(e, a, Scope(s)) for e in entities for a in actions for s in scopes if s}


def _ask_groups(session: Session, asked: CheckContext) -> None:
    if not asked.groups:
        return
    stored = {row.id: row for row in asked.groups if inspect(row).persistent}
    asked.members = memberships(session, stored)
    mine = memberships(session, asked.actor.team_ids)
    asked.mates = {user_id for team in mine.values() for user_id in team.user_ids}
    for group_id, row in stored.items():
        action = asked.changes.action(row)
        group = asked.members[group_id]
        members = access_of(session, group.user_ids).values()
        _refuse(refusal_of_group(group, members, action, asked.actor))


def _ask_users(session: Session, asked: CheckContext) -> None:
    actions = {row.id: asked.changes.action(row) for row in asked.users if inspect(row).persistent}
    for row, names in asked.groups.items():
        if inspect(row).persistent and (names & OF_MEMBERS or row in asked.changes.gone):
            for user_id in asked.members[row.id].user_ids:
                actions.setdefault(user_id, "edit")
    for user_id, access in access_of(session, actions).items():
        _refuse(refusal_of_user(user_id, access, actions[user_id], asked.actor))


def check_after(session: Session, asked: CheckContext) -> None:
    """Refuse changes that give more access than the actor has. Raises DomainError."""
    gone = asked.changes.gone
    groups = {row.id: names for row, names in asked.groups.items() if row not in gone}
    users = {row.id: names for row, names in asked.users.items() if row not in gone}
    now = memberships(session, groups)
    for group_id, names in groups.items():
        _ask_group_after(session, now[group_id], names, asked.actor)
        _ask_team_after(session, now[group_id], asked.members.get(group_id), asked)
        if names & OF_MEMBERS:
            users |= {user_id: names for user_id in now[group_id].user_ids if user_id not in users}
    for user_id, access in access_of(session, users).items():
        if users[user_id] & RESERVED | users[user_id] & OF_MEMBERS:
            _ask_user_after(access, users[user_id], asked.actor)


def _ask_user_after(access: Access, names: set[str], actor: Actor) -> None:
    if is_elsewhere(access, actor, "edit"):
        raise _lacking({"companies"})
    if exceeds(access, actor):
        raise _lacking(names)


def _ask_group_after(session: Session, group: Membership, names: set[str], actor: Actor) -> None:
    if exceeds(Access(group.cells), actor):
        raise _lacking(names)
    members = access_of(session, group.user_ids).values()
    if any(is_elsewhere(access, actor, "edit") for access in members):
        raise _lacking({"users"})


def _ask_team_after(
    session: Session, team: Membership, was: Membership | None, asked: CheckContext
) -> None:
    """The team gets access to new members' rows: the actor needs it too, by scope or team."""
    old = was.user_ids if was is not None and was.is_team else set()
    new = team.user_ids - old - {asked.actor.user_id} if team.is_team else set()
    if not new:
        return
    for access in access_of(session, team.user_ids).values():
        for entity, action, scope in access.cells:
            if scope is not Scope.TEAM or asked.actor.widest_scope(action, entity) >= Scope.COMPANY:
                continue
            if scope not in asked.actor.scopes(action, entity) or not new <= asked.mates:
                raise _lacking({"users"})


def _refuse(message: str) -> None:
    if message:
        raise Forbidden(message)


def _lacking(names: set[str]) -> DomainError:
    blamed = next((name for name in BLAMED if name in names), None)
    return DomainError(_("You cannot grant rights that you do not have."), field=blamed)
