"""Who may own an account, for the picker, the form, the import and the API. Source: spec 2.2."""

from flask_appbuilder.security.sqla.models import Group, User, assoc_user_group
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, select

from crm.companies.models import Assignable, user_company
from crm.companies.models.settings import app_settings_group
from crm.companies.settings import setting
from crm.core.db import db


def colleagues(*company_ids: int) -> ColumnElement[bool]:
    """The active users of any of these companies."""
    members = select(user_company.c.user_id).where(user_company.c.company_id.in_(company_ids))
    return and_(User.active.is_(True), User.id.in_(members))


def assignable(*company_ids: int) -> ColumnElement[bool]:
    """The users who may be chosen as owner of an account of any of these companies."""
    if not _by_groups():
        return colleagues(*company_ids)
    groups = select(app_settings_group.c.group_id)
    chosen = select(assoc_user_group.c.user_id).where(assoc_user_group.c.group_id.in_(groups))
    return and_(colleagues(*company_ids), User.id.in_(chosen))


def may_own(user: User, company_id: int) -> bool:
    """Whether `user` may be chosen now; a current owner stays one without that."""
    statement = select(User.id).where(User.id == user.id, assignable(company_id))
    return db.session.execute(statement).first() is not None


def refusal(user: User | None, company_id: int) -> str | None:
    """Why `user` cannot be chosen, naming the groups; None where the groups are not the reason."""
    if user is None or not _by_groups():
        return None
    statement = select(User.id).where(User.id == user.id, colleagues(company_id))
    if db.session.execute(statement).first() is None:
        return None
    names = select(Group.name).where(Group.id.in_(select(app_settings_group.c.group_id)))
    groups = ", ".join(db.session.scalars(names.order_by(Group.name)))
    return str(_("Only members of %(groups)s can own this account.", groups=groups))


def _by_groups() -> bool:
    return bool(setting("assignable_users") == Assignable.GROUPS)
