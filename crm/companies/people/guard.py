"""No one grants what they do not have; the last administrator stays. Below every road.

Asked before the flush, so that page, API, import and command are refused alike: in FAB 5.3 whoever
may edit users, groups or roles can make themselves administrator. A command that names nobody has
the whole machine anyway, and is held to the second rule only.
"""

from collections.abc import Iterator
from typing import Any

from flask import has_request_context
from flask_appbuilder.security.sqla.models import Group, Role, User
from flask_babel import gettext as _
from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session

from crm.companies.models import RoleCell
from crm.companies.people.checks import check_person, company_ids
from crm.companies.people.rights import (
    ADMIN,
    Reach,
    active_admins,
    exceeds,
    reach_of,
    roles_of,
)
from crm.core.actor import Actor, Scope, find_actor
from crm.core.errors import DomainError, Forbidden

# What only an editor of users may change, even of themselves.
RESERVED = ("username", "active", "roles", "groups", "companies", "agency", "agency_id")
# What ends every session and token of a user when it changes.
KEYS = ("password", "active")
# The relationships by which rights are held.
LISTS = ("roles", "groups", "users", "user", "companies")
_HAD_ADMINS = "crm.had_admins"


@event.listens_for(Session, "before_flush")
def guard(session: Session, context: Any, instances: Any) -> None:
    """Check people, groups and roles, and who changes them. Raises DomainError, Forbidden."""
    session.info.pop(_HAD_ADMINS, None)  # of a flush that failed
    with session.no_autoflush:
        changed = list(_changed(session))
        gone = set(session.deleted)
        for row in changed:
            if row not in gone:
                check_person(session, row)
        if changed:
            _guard(session, changed, gone)
        for row in changed:
            if isinstance(row, User) and inspect(row).persistent and _added(row, *KEYS):
                row.session_epoch = (row.session_epoch or 0) + 1
            if row not in gone:
                _raise_version(row)
        if _may_cost_an_admin(changed, gone):
            session.info[_HAD_ADMINS] = _has_admins(session)


@event.listens_for(Session, "after_flush")
def keep_an_admin(session: Session, context: Any) -> None:
    """Refuse what would leave nobody to administer. Raises DomainError."""
    if session.info.pop(_HAD_ADMINS, False) and not _has_admins(session):
        raise DomainError(_("The last active administrator stays."))


def _has_admins(session: Session) -> bool:
    """Asked of the database, through both roads to a role.

    The role's row is locked first: of two administrators who remove each other at the same moment,
    the second waits, and finds the other gone.
    """
    table = Role.__table__
    session.execute(select(table.c.id).where(table.c.code == ADMIN).with_for_update())
    return session.execute(active_admins().limit(1)).first() is not None


def _changed(session: Session) -> Iterator[Any]:
    modified = (row for row in session.dirty if session.is_modified(row))
    for row in [*session.new, *modified, *session.deleted]:
        if isinstance(row, User | Group | Role | RoleCell):
            yield row


def _raise_version(row: Any) -> None:
    """A changed list or cell is a change of the row: two editors of one grid must meet."""
    if isinstance(row, RoleCell):
        row = row.role
    elif not (_added(row, *LISTS) or _removed(row, *LISTS)):
        return
    if row is not None and inspect(row).persistent and not _added(row, "row_version"):
        row.row_version += 1


def _may_cost_an_admin(changed: list[Any], gone: set[Any]) -> bool:
    """Only what takes something away is worth the two questions."""
    return any(
        row in gone or _removed(row, *LISTS) or (isinstance(row, User) and _added(row, "active"))
        for row in changed
    )


def _guard(session: Session, changed: list[Any], gone: set[Any]) -> None:
    actor = find_actor()
    if actor is None:
        if has_request_context():
            raise Forbidden(_("Sign in first."))
        return
    for row in changed:
        match row:
            case User():
                _guard_user(session, row, actor)
            case Group():
                _guard_group(row, actor)
            case Role():
                _guard_role(row, actor, row in gone)
            case RoleCell():
                _guard_cell(row, actor)


def _guard_user(session: Session, user: Any, actor: Actor) -> None:
    if user.id != actor.user_id:
        _may(actor, "edit" if inspect(user).persistent else "create")
        _guard_above(session, user, actor)
    elif _added(user, *RESERVED) or _removed(user, *RESERVED):
        _may(actor, "edit")
    _guard_grant(reach_of(_added(user, "roles")), actor, "roles")
    through = {role for group in _added(user, "groups") for role in group.roles}
    _guard_grant(reach_of(through), actor, "groups")
    foreign = {company.id for company in _added(user, "companies")} - {*actor.company_ids}
    if foreign and actor.reach("edit", "users") < Scope.ALL:
        raise DomainError(_("You cannot grant what you do not have."), field="companies")


def _guard_above(session: Session, user: Any, actor: Actor) -> None:
    """Whoever has more rights, or works elsewhere, is not one's to change, down to the password."""
    if not inspect(user).persistent:
        return
    roles = {*roles_of(user), *_removed(user, "roles")} - _added(user, "roles")
    roles |= {role for group in _removed(user, "groups") for role in group.roles}
    if exceeds(reach_of(roles), actor):
        raise DomainError(_("This person has rights that you do not have."))
    if actor.reach("edit", "users") < Scope.ALL:
        added = {company.id for company in _added(user, "companies")}
        before = company_ids(session, user) - added
        before |= {company.id for company in _removed(user, "companies")}
        if not before & {*actor.company_ids}:
            raise Forbidden(_("This person belongs to none of your companies."))


def _guard_group(group: Any, actor: Actor) -> None:
    _may(actor, "edit" if inspect(group).persistent else "create")
    granted = {*group.roles} if _added(group, "users") else _added(group, "roles")
    _guard_grant(reach_of(granted), actor, "roles")


def _guard_role(role: Any, actor: Actor, gone: bool) -> None:
    _may(actor, "edit" if inspect(role).persistent else "create")
    if _added(role, "code") or (gone and role.code == ADMIN):
        raise DomainError(_("The administrator role cannot be changed; duplicate it."))
    if _added(role, "user", "groups"):
        _guard_grant(reach_of([role]), actor, "roles")


def _guard_cell(cell: Any, actor: Actor) -> None:
    _may(actor, "edit")
    if cell.role is not None and cell.role.code == ADMIN:
        raise DomainError(_("The administrator role cannot be changed; duplicate it."))
    scopes = {*_added(cell, "scope"), *_removed(cell, "scope"), cell.scope}
    widest = Scope(max(scope or 0 for scope in scopes))
    _guard_grant({(cell.entity, cell.action): widest}, actor)


def _guard_grant(reach: Reach, actor: Actor, field: str | None = None) -> None:
    if exceeds(reach, actor):
        raise DomainError(_("You cannot grant what you do not have."), field=field)


def _may(actor: Actor, action: str) -> None:
    if not actor.can(action, "users"):
        raise Forbidden(_("This page is not open to your role."))


def _added(row: Any, *names: str) -> set[Any]:
    """What these attributes hold that they did not before; names that `row` lacks are left out."""
    return {value for history in _histories(row, names) for value in history.added or ()}


def _removed(row: Any, *names: str) -> set[Any]:
    return {value for history in _histories(row, names) for value in history.deleted or ()}


def _histories(row: Any, names: tuple[str, ...]) -> Iterator[Any]:
    attributes = inspect(row).attrs
    return (attributes[name].history for name in names if name in attributes)
