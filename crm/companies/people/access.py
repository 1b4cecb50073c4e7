"""The access of users, read from the database and compared with an actor's."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from flask_appbuilder.security.sqla.models import (
    Group,
    Role,
    User,
    assoc_group_role,
    assoc_user_group,
    assoc_user_role,
)
from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

from crm.companies.models import RoleCell, user_company
from crm.core.actor import Actor, Scope

# Tables instead of classes, without the row filter: hidden rows count too.
_user, _group, _cell = User.__table__, Group.__table__, RoleCell.__table__


@dataclass
class Access:
    """Cells of the grid, and the teams, agency and companies to which their scopes refer."""

    cells: set[tuple[str, str, Scope]] = field(default_factory=set)  # entity, action, scope
    teams: set[int] = field(default_factory=set)
    agency_id: int | None = None
    company_ids: set[int] = field(default_factory=set)


def access_of(session: Session, user_ids: Collection[int]) -> dict[int, Access]:
    """user id → access in the database now, in one statement."""
    found: dict[int, Access] = {user_id: Access() for user_id in user_ids}
    if not found:
        return found
    for row in session.execute(_everything(user_ids)):
        access = found[row.of]
        match row.sort:
            case "cell":
                access.cells.add((row.entity, row.action, Scope(row.number)))
            case "team":
                access.teams.add(row.number)
            case "company":
                access.company_ids.add(row.number)
            case _:
                access.agency_id = row.number
    return found


def _everything(user_ids: Collection[int]) -> Any:
    own, member = assoc_user_role.c, assoc_user_group.c
    given = assoc_group_role.c
    roles = union_all(
        select(own.user_id, own.role_id).where(own.user_id.in_(user_ids)),
        select(member.user_id, given.role_id)
        .join(assoc_group_role, given.group_id == member.group_id)
        .where(member.user_id.in_(user_ids)),
    ).subquery()
    teams = (
        _row("team", member.user_id, member.group_id)
        .join(_group, _group.c.id == member.group_id)
        .where(member.user_id.in_(user_ids), _group.c.is_team)
    )
    return union_all(
        _row("cell", roles.c.user_id, _cell.c.scope, _cell.c.entity, _cell.c.action)
        .join(_cell, _cell.c.role_id == roles.c.role_id)
        .where(_cell.c.scope > 0),
        teams,
        _row("company", user_company.c.user_id, user_company.c.company_id).where(
            user_company.c.user_id.in_(user_ids)
        ),
        _row("agency", _user.c.id, _user.c.agency_id).where(_user.c.id.in_(user_ids)),
    )


def _row(sort: str, of: Any, number: Any, entity: Any = "", action: Any = "") -> Any:
    texts = [literal(text) if isinstance(text, str) else text for text in (entity, action)]
    return select(
        literal(sort).label("sort"),
        of.label("of"),
        number.label("number"),
        texts[0].label("entity"),
        texts[1].label("action"),
    )


@dataclass
class Membership:
    """A group: its members, and the access that it gives."""

    user_ids: set[int] = field(default_factory=set)
    cells: set[tuple[str, str, Scope]] = field(default_factory=set)
    is_team: bool = False


def memberships(session: Session, group_ids: Collection[int]) -> dict[int, Membership]:
    """group id → members and given access in the database now, in one statement."""
    found = {group_id: Membership() for group_id in group_ids}
    if not found:
        return found
    member, given = assoc_user_group.c, assoc_group_role.c
    statement = union_all(
        _row("member", member.group_id, member.user_id).where(member.group_id.in_(group_ids)),
        _row("cell", given.group_id, _cell.c.scope, _cell.c.entity, _cell.c.action)
        .join(_cell, _cell.c.role_id == given.role_id)
        .where(given.group_id.in_(group_ids), _cell.c.scope > 0),
        _row("team", _group.c.id, _group.c.id).where(_group.c.id.in_(group_ids), _group.c.is_team),
    )
    for row in session.execute(statement):
        group = found[row.of]
        match row.sort:
            case "member":
                group.user_ids.add(row.number)
            case "cell":
                group.cells.add((row.entity, row.action, Scope(row.number)))
            case _:
                group.is_team = True
    return found


# A team and an agency of nobody, to compare the access of a role, whoever gets it.
ANYWHERE = 0


def cells_of(roles: Iterable[Role]) -> Access:
    """The access that roles give, whoever holds them."""
    cells = {
        (cell.entity, cell.action, Scope(cell.scope))
        for role in roles
        for cell in role.cells
        if cell.scope
    }
    return Access(cells, {ANYWHERE}, ANYWHERE)


def exceeds(access: Access, actor: Actor) -> bool:
    """Whether `access` includes rows that the actor's does not. Order of scopes: spec 1.3.

    Without comparing companies: see `is_elsewhere`.
    """
    return any(not _holds(actor, access, *cell) for cell in access.cells)


def _holds(actor: Actor, access: Access, entity: str, action: str, scope: Scope) -> bool:
    reach = actor.widest_scope(action, entity)
    if scope > reach:
        return False
    if scope is Scope.OWN or reach >= Scope.COMPANY:
        return True
    if scope not in actor.scopes(action, entity):
        return False
    if scope is Scope.TEAM:
        return access.teams <= {*actor.team_ids}
    return access.agency_id in (None, actor.agency_id)


def is_elsewhere(access: Access, actor: Actor, action: str) -> bool:
    """Whether `access` includes a company that the actor does not administer."""
    if actor.widest_scope(action, "users") is Scope.ALL:
        return False
    return not access.company_ids <= {*actor.company_ids}
