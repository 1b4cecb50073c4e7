"""Which users, groups and roles the actor may change, for the checks of a flush and for pages.

Roles apply in all companies, as do groups with members of other companies: changing them needs
scope `all`.
"""

from collections.abc import Iterable

from flask_appbuilder.security.sqla.models import Role
from flask_babel import gettext as _

from crm.companies.people.access import (
    Access,
    Membership,
    cells_of,
    exceeds,
    is_elsewhere,
)
from crm.core.actor import Actor, Scope


def can_administer(actor: Actor, action: str) -> bool:
    """Whether the actor may do `action` to users, which needs scope `company` or `all`."""
    return actor.widest_scope(action, "users") >= Scope.COMPANY


def refusal_of_role(role: Role, action: str, actor: Actor) -> str:
    """Why the actor may not do `action` to this role, or ""."""
    if actor.widest_scope(action, "users") is not Scope.ALL:
        return str(
            _("A role applies to all companies: only an administrator of all of them can edit it.")
        )
    if exceeds(cells_of([role]), actor):
        return str(_("This role gives rights that you do not have."))
    return ""


def refusal_of_user(user_id: int, access: Access, action: str, actor: Actor) -> str:
    """Why the actor may not do `action` to this user, a new password included, or ""."""
    if user_id == actor.user_id:
        return ""
    if exceeds(access, actor):
        return str(_("This person has rights that you do not have."))
    if not is_elsewhere(access, actor, action):
        return ""
    if access.company_ids & {*actor.company_ids}:
        return str(_("This person also works for companies that are not yours."))
    return str(_("This person belongs to none of your companies."))


def refusal_of_group(
    group: Membership, members: Iterable[Access], action: str, actor: Actor
) -> str:
    """Why the actor may not do `action` to this group, or ""."""
    if exceeds(Access(group.cells), actor):
        return str(_("This group gives rights that you do not have."))
    if any(is_elsewhere(access, actor, action) for access in members):
        return str(_("Some members of this group work for companies that are not yours."))
    return ""
