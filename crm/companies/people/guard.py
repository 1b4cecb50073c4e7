"""Check every flush that changes users, groups or roles, whatever code caused it.

In a command without an actor only the invariants are checked, not the rights of an actor.
"""

from typing import Any

from flask import has_request_context
from flask_appbuilder.security.sqla.models import Role, User
from flask_babel import gettext as _
from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session

from crm.companies.people.changes import Changes, added, changed, find_changes, removed
from crm.companies.people.checks import check_person
from crm.companies.people.rights import ADMIN, active_admins
from crm.companies.people.rules import check_after, check_before
from crm.core.actor import find_actor
from crm.core.datamodel.bulk import SESSION_RULES
from crm.core.errors import DomainError, Forbidden

# A change of these ends all sessions and tokens of a user.
KEYS = ("password", "active")
# The relationships that give rights.
LISTS = ("roles", "groups", "users", "user", "companies")
_ASKED, _HAD_ADMINS = "crm.asked", "crm.had_admins"


@event.listens_for(Session, "before_flush")
def guard(session: Session, context: Any, instances: Any) -> None:
    """Check people, groups and roles, and who changes them. Raises DomainError, Forbidden."""
    with session.no_autoflush:
        changes = _check(session)
        rows = [*changes.users, *changes.groups, *changes.roles]
        if _may_cost_an_admin(rows, changes.gone):
            session.info[_HAD_ADMINS] = _has_admins(session)


def check_people(session: Session) -> None:
    """The checks before a flush, for rows that are not written yet. Raises as `guard`."""
    with session.no_autoflush:
        _check(session)
        session.info.pop(_ASKED, None)  # for the check after a flush


SESSION_RULES.append(check_people)


def _check(session: Session) -> Changes:
    for kept in (_ASKED, _HAD_ADMINS):
        session.info.pop(kept, None)  # of a flush that failed
    changes = find_changes(session)
    rows = [*changes.users, *changes.groups, *changes.roles]
    if not rows and not changes.cells:
        return changes
    for row in rows:
        if row not in changes.gone and (row in session.new or session.is_modified(row)):
            check_person(session, row)
    _guard(session, changes)
    for row in rows:
        _raise_versions(row, changes.gone)
    for cell in changes.cells:
        _raise_version(cell.role, changes.gone)
    return changes


def _guard(session: Session, changes: Changes) -> None:
    actor = find_actor()
    if actor is not None:
        session.info[_ASKED] = check_before(session, changes, actor)
    elif has_request_context():
        raise Forbidden(_("Sign in first."))


def _raise_versions(row: Any, gone: set[Any]) -> None:
    """Raise the epoch that ends a user's sessions, and the version of rows whose lists changed."""
    if isinstance(row, User) and inspect(row).persistent and added(row, *KEYS):
        row.session_epoch = (row.session_epoch or 0) + 1
    if changed(row, *LISTS):
        _raise_version(row, gone)


def _raise_version(row: Any, gone: set[Any]) -> None:
    """Raise the version, so that a concurrent edit of the row gets a Conflict."""
    if row is None or row in gone or not inspect(row).persistent:
        return
    if not added(row, "row_version"):
        row.row_version += 1


@event.listens_for(Session, "after_flush")
def guard_after(session: Session, context: Any) -> None:
    """Refuse grants beyond the actor's rights, and losing the last admin. Raises DomainError."""
    asked = session.info.pop(_ASKED, None)
    if asked is not None:
        check_after(session, asked)
    if session.info.pop(_HAD_ADMINS, False) and not _has_admins(session):
        raise DomainError(_("Keep at least one active administrator."))


def _has_admins(session: Session) -> bool:
    """Whether an active admin remains, by role or by group.

    Locks the role's row first, so that two admins who remove each other concurrently are
    serialized.
    """
    table = Role.__table__
    session.execute(select(table.c.id).where(table.c.code == ADMIN).with_for_update())
    return session.execute(active_admins().limit(1)).first() is not None


def _may_cost_an_admin(rows: list[Any], gone: set[Any]) -> bool:
    """Whether the changes can remove an admin; otherwise the query is not needed."""
    return any(
        row in gone or removed(row, *LISTS) or (isinstance(row, User) and added(row, "active"))
        for row in rows
    )
