"""The DataModel of users, groups and roles: which rows are visible and editable."""

from collections.abc import Sequence
from typing import Any

from flask_appbuilder.security.sqla.models import Group, Role, User
from sqlalchemy import ColumnElement, Select, select

from crm.companies.models import user_company
from crm.companies.people.access import Access, Membership, access_of, memberships
from crm.companies.people.refusals import (
    can_administer,
    refusal_of_group,
    refusal_of_role,
    refusal_of_user,
)
from crm.core.actor import Scope, current_actor, find_actor, per_request
from crm.core.datamodel import DataModel
from crm.core.datamodel.loading import Children
from crm.core.datamodel.paging import PageRequest, ResultPage
from crm.core.errors import NotFound
from crm.core.rows import Marks, is_filtered


def visible_people() -> ColumnElement[bool] | None:
    """The condition for the users of the actor's companies; None with scope `all`."""
    actor = find_actor()
    if not is_filtered() or (actor and actor.widest_scope("read", "users") is Scope.ALL):
        return None
    company_ids = actor.company_ids if actor and actor.can("read", "users") else ()
    shared = select(user_company.c.user_id).where(user_company.c.company_id.in_(company_ids))
    condition: ColumnElement[bool] = User.id.in_(shared)
    return condition


class PeopleDataModel(DataModel):
    """Users, groups or roles, to which the row filter does not apply: names show everywhere."""

    def fetch(
        self,
        pk: int,
        action: str = "read",
        names: Sequence[str] = (),
        children: Children | None = None,
    ) -> Any:
        found = super().fetch(pk, action, names, children)
        condition = visible_people() if self.obj is User else None
        if condition is not None:
            statement = select(User.id).where(User.id == pk, condition)
            if self.session.execute(statement).first() is None:
                raise NotFound
        if action != "read" and is_filtered() and action not in self.rights(found, (action,)):
            raise NotFound
        return found

    def select(self, *where: ColumnElement[bool], in_bin: bool = False) -> Select[Any]:
        condition = visible_people() if self.obj is User else None
        if condition is not None:
            where = (*where, condition)
        return super().select(*where, in_bin=in_bin)

    def page(
        self,
        statement: Select[Any],
        order: Sequence[tuple[str, str]],
        ask: PageRequest,
        relations: Sequence[str] = (),
    ) -> ResultPage:
        found = super().page(statement, order, ask, relations)
        if self.obj is not Role:
            (self._users if self.obj is User else self._groups)([row.id for row in found.rows])
        return found

    def rights(self, row: Any, actions: Sequence[str]) -> set[str]:
        """The actions that the checks of a flush would allow."""
        actor = current_actor()
        return {
            action
            for action in actions
            if can_administer(actor, action) and not self._refusal(row, action)
        }

    def marks(self, actions: Sequence[str]) -> Marks:
        return ()  # the checks are not SQL

    def _refusal(self, row: Any, action: str) -> str:
        actor = current_actor()
        if self.obj is User:
            return refusal_of_user(row.id, self._users([row.id])[row.id], action, actor)
        if self.obj is Group:
            group, members = self._groups([row.id])[row.id]
            return refusal_of_group(group, members, action, actor)
        return refusal_of_role(row, action, actor)

    def _users(self, ids: Sequence[int]) -> dict[int, Access]:
        """user id → access, read once for all rows of a list."""
        known: dict[int, Access] = per_request("crm.access", dict)
        if missing := [pk for pk in ids if pk not in known]:
            known |= access_of(self.session, missing)
        return known

    def _groups(self, ids: Sequence[int]) -> dict[int, tuple[Membership, list[Access]]]:
        """group id → (group, access of its members), read once for all rows of a list."""
        known: dict[int, tuple[Membership, list[Access]]] = per_request("crm.groups", dict)
        if missing := [pk for pk in ids if pk not in known]:
            found = memberships(self.session, missing)
            everyone = {pk for group_id in missing for pk in found[group_id].user_ids}
            people = access_of(self.session, everyone)
            known |= {
                pk: (found[pk], [people[user_id] for user_id in found[pk].user_ids])
                for pk in missing
            }
        return known
