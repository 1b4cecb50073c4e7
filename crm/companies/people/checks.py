"""Rules of users, groups and roles beyond what their columns say. Source: spec 1.2."""

import re
from typing import Any

from flask_appbuilder.security.sqla.models import Group, Role, User
from flask_babel import gettext as _
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from crm.companies.models import Agency, user_company
from crm.core.errors import DomainError
from crm.core.models.checks import check_row

# Without "@": the sign-in field takes usernames and e-mail addresses.
USERNAME = re.compile(r"[a-z0-9][a-z0-9._+-]{1,63}")
# Unique columns, also in the database.
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
        _check_user(session, row)
    for name in ALONE[type(row)]:
        _check_alone(session, row, name)


def _check_user(session: Session, user: Any) -> None:
    if not USERNAME.fullmatch(user.username or ""):
        message = _(
            "Use at least two characters: letters without accents, digits, dots, dashes, "
            "underscores."
        )
        raise DomainError(message, field="username")
    if not is_changing(
        user, "companies", "agency", "agency_id", "active_company", "active_company_id"
    ):
        return
    ids = company_ids(session, user)
    agency_id = user.agency.id if user.agency is not None else user.agency_id
    if agency_id is not None and _company_of(session, agency_id) not in ids:
        message = _("Choose an agency of one of the person's companies.")
        raise DomainError(message, field="agency")
    chosen = user.active_company.id if user.active_company is not None else user.active_company_id
    if chosen is not None and chosen not in ids:
        user.active_company = user.active_company_id = None


def company_ids(session: Session, user: Any) -> set[int]:
    """The companies of a user after the flush, hidden ones included."""
    history = inspect(user).attrs.companies.history
    stored = select(user_company.c.company_id).where(user_company.c.user_id == user.id)
    before = set(session.scalars(stored)) if inspect(user).persistent else set()
    removed = {company.id for company in history.deleted or ()}
    return (before - removed) | {company.id for company in history.added or ()}


def _company_of(session: Session, agency_id: int) -> int | None:
    table = Agency.__table__  # the table, without the row filter: a hidden agency counts too
    company_id: int | None = session.scalar(
        select(table.c.company_id).where(table.c.id == agency_id)
    )
    return company_id


def is_changing(row: Any, *names: str) -> bool:
    """Whether one of these attributes changes with the next flush."""
    return any(inspect(row).attrs[name].history.has_changes() for name in names)


def _check_alone(session: Session, row: Any, name: str) -> None:
    """Check uniqueness, for a message on the field; the constraint covers concurrent writes."""
    if not inspect(row).attrs[name].history.added:
        return
    model = type(row)
    same = select(model.id).where(getattr(model, name) == getattr(row, name))
    if row.id is not None:
        same = same.where(model.id != row.id)
    if session.execute(same.limit(1)).first() is not None:
        raise DomainError(_("This value is already used."), field=name)
