"""The DataModel of users, groups and roles: whom one may see."""

from collections.abc import Sequence
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import ColumnElement, Select, select

from crm.companies.models import user_company
from crm.core.actor import Scope, find_actor
from crm.core.datamodel import DataModel
from crm.core.datamodel.loading import Children
from crm.core.errors import NotFound
from crm.core.rows import is_filtered


def visible_people(action: str = "read") -> ColumnElement[bool] | None:
    """The users on whom the actor may do `action`: of a company of theirs; None where all are."""
    actor = find_actor()
    if not is_filtered() or (actor and actor.reach(action, "users") is Scope.ALL):
        return None
    company_ids = actor.company_ids if actor and actor.can(action, "users") else ()
    shared = select(user_company.c.user_id).where(user_company.c.company_id.in_(company_ids))
    condition: ColumnElement[bool] = User.id.in_(shared)
    return condition


class PeopleModel(DataModel):
    """Users, groups or roles. The row filter leaves FAB's tables alone: a name shows everywhere."""

    def fetch(
        self,
        pk: int,
        action: str = "read",
        names: Sequence[str] = (),
        children: Children | None = None,
    ) -> Any:
        found = super().fetch(pk, action, names, children)
        condition = visible_people(action) if self.obj is User else None
        if condition is not None:
            statement = select(User.id).where(User.id == pk, condition)
            if self.session.execute(statement).first() is None:
                raise NotFound
        return found

    def select(self, *where: ColumnElement[bool], in_bin: bool = False) -> Select[Any]:
        condition = visible_people() if self.obj is User else None
        if condition is not None:
            where = (*where, condition)
        return super().select(*where, in_bin=in_bin)
