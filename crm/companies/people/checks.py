"""Rules of users, groups and roles beyond what their columns say. Source: spec 1.2."""

import re
from typing import Any

from flask_appbuilder.security.sqla.models import Group, Role, User
from flask_babel import gettext as _
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from crm.core.errors import DomainError
from crm.core.models.checks import check_row

# Without "@", so that no username can be somebody else's e-mail address: one field takes both.
USERNAME = re.compile(r"[a-z0-9][a-z0-9._+-]{1,63}")
# What may not be somebody else's; the database holds it too.
ALONE: dict[type, tuple[str, ...]] = {
    User: ("username", "email"),
    Group: ("name",),
    Role: ("name",),
}


def check_person(session: Session, row: Any) -> None:
    """Check a user, a group or a role. Raises DomainError by field."""
    if type(row) not in ALONE:
        return
    check_row(row)
    if isinstance(row, User):
        _check_user(row)
    for name in ALONE[type(row)]:
        _check_alone(session, row, name)


def _check_user(user: Any) -> None:
    if not USERNAME.fullmatch(user.username or ""):
        message = _("Use letters without accents, digits, dot, dash and underscore; at least two.")
        raise DomainError(message, field="username")
    agency = user.agency
    if agency is not None and agency.company_id not in {company.id for company in user.companies}:
        raise DomainError(
            _("This agency belongs to none of the person's companies."), field="agency"
        )
    if user.active_company is not None and user.active_company not in user.companies:
        user.active_company = None


def _check_alone(session: Session, row: Any, name: str) -> None:
    """Said beside the field here; two who write at once are told apart by the constraint."""
    if not inspect(row).attrs[name].history.added:
        return
    model = type(row)
    same = select(model.id).where(getattr(model, name) == getattr(row, name))
    if row.id is not None:
        same = same.where(model.id != row.id)
    if session.execute(same.limit(1)).first() is not None:
        raise DomainError(_("This value is already used."), field=name)
