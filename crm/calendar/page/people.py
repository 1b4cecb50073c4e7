"""The people, teams and agencies that can be ticked beside the calendar."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask_appbuilder.security.sqla.models import Group, User, assoc_user_group
from sqlalchemy import select

from crm.companies.assignable import colleagues
from crm.companies.models import Agency
from crm.core.actor import current_actor
from crm.core.db import db
from crm.core.views.display import hue_of, initials


@dataclass(frozen=True)
class Person:
    """Somebody whose calendar can be shown."""

    id: int
    name: str
    initials: str
    hue: str


@dataclass
class Team:
    """A team with those of its members who can be ticked."""

    id: int
    name: str
    members: list[int] = field(default_factory=list)


def company_ids() -> tuple[int, ...]:
    """The chosen company, else all of the actor's."""
    actor = current_actor()
    return actor.company_ids if actor.active_company_id is None else (actor.active_company_id,)


def read_people() -> list[Person]:
    """The actor first, then their active colleagues by name."""
    me = current_actor().user_id
    statement = select(User.id, User.first_name, User.last_name).where(colleagues(*company_ids()))
    found = db.session.execute(statement.order_by(User.name_key, User.id))
    people = [_person(row.id, f"{row.first_name} {row.last_name}".strip()) for row in found]
    if all(one.id != me for one in people):
        people.append(_person(me, current_actor().name))
    return sorted(people, key=lambda one: one.id != me)


def _person(pk: int, name: str) -> Person:
    return Person(pk, name, initials(name), hue_of(pk))


def read_teams(people: Sequence[Person]) -> list[Team]:
    """The teams that have any of `people`, by name."""
    known = {one.id for one in people}
    links = assoc_user_group
    statement = (
        select(Group.id, Group.name, links.c.user_id)
        .join(links, links.c.group_id == Group.id)
        .where(Group.is_team, links.c.user_id.in_(known))
        .order_by(Group.name_key, Group.id, links.c.user_id)
    )
    teams: dict[int, Team] = {}
    for pk, name, user_id in db.session.execute(statement):
        teams.setdefault(pk, Team(pk, name)).members.append(user_id)
    return list(teams.values())


def read_agencies() -> list[tuple[int, str]]:
    """(id, name) of the active agencies, while agencies are managed."""
    if not current_actor().is_enabled("manage_agencies"):
        return []
    statement = select(Agency.id, Agency.name).where(
        Agency.active.is_(True), Agency.company_id.in_(company_ids())
    )
    return [(pk, name) for pk, name in db.session.execute(statement.order_by(Agency.name))]
