"""What can be done to a user, whoever asks: page, API, import or command. Source: spec 1.2."""

from collections.abc import Mapping
from typing import Any

from flask_appbuilder.security.sqla.models import Role, User
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, select

from crm.companies.models import Agency, Company
from crm.companies.people.rights import ADMIN, active_admins
from crm.core.actor import find_actor
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import create_row, delete_row, update_row
from crm.core.db import db
from crm.core.errors import DomainError, NotFound
from crm.core.rows import unfiltered
from crm.core.security import (
    NO_LANGUAGE,
    check_password,
    generate_password,
    hash_password,
    verify_password,
)

Values = Mapping[str, Any]
# Stands for an unchanged list, of which the actor may see a part only.
ANY = ("…",)


def defaults(values: dict[str, Any]) -> dict[str, Any]:
    """What a new user starts with: the present company, its language and time zone."""
    actor = find_actor()
    company = db.session.get(Company, actor.company.id) if actor and actor.company else None
    proposed: dict[str, Any] = {"active": True}
    if company is not None:
        proposed |= {"companies": [company], "language": company.language}
        proposed |= {"time_zone": company.time_zone}
    return proposed | values


def create(values: Values) -> User:
    """A user, who has no password yet and so cannot sign in. Raises DomainError by field."""
    _need_places(values)
    return create_row(User, values)


def update(user: User, values: Values) -> None:
    """Change a user. Raises DomainError by field."""
    _need_places({"companies": ANY, "roles": user.roles, "groups": user.groups, **values})
    actor = find_actor()
    if actor is not None and actor.user_id == user.id and values.get("active") is False:
        raise DomainError(_("You cannot deactivate your own account."), field="active")
    update_row(user, values)


def delete(user: User) -> None:
    """Remove a user who never did anything; others are deactivated. Raises DomainError."""
    actor = find_actor()
    if actor is not None and actor.user_id == user.id:
        raise DomainError(_("You cannot delete your own account."))
    delete_row(user)


def _need_places(values: Values) -> None:
    wrong: dict[str, str] = {}
    if not values.get("companies"):
        wrong["companies"] = _("Choose at least one company.")
    if not values.get("roles") and not values.get("groups"):
        wrong["roles"] = _("Choose at least one role or group.")
    if wrong:
        raise DomainError(fields=wrong)


def candidates(relation: str, values: Values) -> ColumnElement[bool] | None:
    """Agencies in use of the person's companies; for the rest the row filter is enough."""
    if relation != "agency":
        return None
    chosen = [company.id for company in values.get("companies") or ()]
    offered: ColumnElement[bool] = Agency.active.is_(True)
    return offered & Agency.company_id.in_(chosen) if chosen else offered


def deactivate(user: User) -> None:
    """Deactivate a user, who keeps their records."""
    user.active = False
    db.session.flush()


def set_password(user: User, kept: str, *, must_change: bool) -> None:
    """Set the hash of a user's password, which ends their sessions and unlocks their name.

    Takes a hash, as hashing takes 0.1 s, before the transaction. The strength is checked by
    `check_password`. With `must_change` they have to choose a new one at the next sign-in.
    """
    user.password = kept
    user.must_change_password = must_change
    db.session.flush()


def own_password(user: User, old: str, new: str) -> str:
    """The hash of the password that a user chose. Raises DomainError on `old_password`, `password`.

    To be passed to `set_password`, inside the transaction.
    """
    if not verify_password(user.password, old):
        raise DomainError(_("This is not your current password."), field="old_password")
    if old == new:
        raise DomainError(_("Choose a password other than the current one."), field="password")
    check_password(new, user.username, user.email.partition("@")[0])
    return hash_password(new)


def find(name: str) -> User:
    """The user of this username or e-mail address. Raises NotFound."""
    name = name.strip().lower()
    column = User.email if "@" in name else User.username
    user: User | None = db.session.scalars(select(User).where(column == name)).first()
    if user is None:
        raise NotFound(_("The user “%(name)s” does not exist.", name=name))
    return user


def ensure_admin(password: str | None = None) -> str | None:
    """Create the user `admin` where there is no admin yet.

    Returns the generated password, which must be changed at the first sign-in; "" where
    `password` was used; None where there was nothing to do.
    """
    session = db.session()
    if session.execute(active_admins().limit(1)).first() is not None:
        return None
    if session.scalar(select(func.count()).where(User.username == "admin")):
        return None  # deactivated on purpose: an upgrade must not undo it
    role = session.scalars(select(Role).where(Role.code == ADMIN)).one()
    with unfiltered("the first administrator belongs to every company there is"):
        companies = list(session.scalars(select(Company).order_by(Company.id)))
    admin = User(
        username="admin",
        first_name="Admin",
        last_name="Comptoir",
        email="admin@localhost.localdomain",
        active=True,
        language=NO_LANGUAGE,
        roles=[role],
        companies=companies,
    )
    session.add(admin)
    given = password if password is not None else generate_password()
    set_password(admin, hash_password(given), must_change=password is None)
    return "" if password is not None else given


RULES = Rules(defaults=defaults, create=create, update=update, delete=delete, candidates=candidates)
