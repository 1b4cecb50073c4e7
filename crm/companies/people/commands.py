"""What `crm user` does; each function is one command, which sees every row (crm.cli)."""

import sys
from collections.abc import Iterator, Sequence
from getpass import getpass
from typing import Any

from flask_appbuilder.security.sqla.models import Group, Role, User
from flask_babel import gettext as _
from sqlalchemy import func, or_, select
from sqlalchemy.orm import selectinload

from crm.companies.models import Company
from crm.companies.people import users
from crm.core.db import db, transaction
from crm.core.errors import DomainError, NotFound
from crm.core.security import NO_LANGUAGE, check_password, generate_password, hash_password


def create(
    username: str,
    email: str,
    name: str,
    *,
    roles: Sequence[str] = (),
    groups: Sequence[str] = (),
    companies: Sequence[str] = (),
) -> str:
    """Create a user and return their first password, which they must change.

    `name` is "First Last"; roles and groups are named by their names (roles by their codes too),
    companies by their codes, all of them where none is given. Raises DomainError, NotFound.
    """
    first, _space, last = name.strip().partition(" ")
    password = generate_password()
    kept = hash_password(password)
    with transaction():
        user = users.create(
            {
                "username": username,
                "email": email,
                "first_name": first,
                "last_name": last or first,
                "active": True,
                "language": NO_LANGUAGE,
                "roles": [_named(Role, role, Role.name, Role.code) for role in roles],
                "groups": [_named(Group, group, Group.name) for group in groups],
                "companies": _companies(companies),
            }
        )
        users.set_password(user, kept, must_change=True)
    return password


def password(name: str, new: str, *, must_change: bool = False) -> str:
    """Set a user's password. Returns a warning about a weak one, else "".

    Weak ones are accepted: whoever runs commands could write to the database anyway.
    Raises NotFound; DomainError where it is empty.
    """
    if not new.strip("\0 "):
        raise DomainError(_("The password is empty."), field="password")
    kept = hash_password(new)
    with transaction():
        user = users.find(name)
        users.set_password(user, kept, must_change=must_change)
        return weakness(new, user.username)


def weakness(new: str, username: str) -> str:
    """The message that the page would show for this password, or ""."""
    try:
        check_password(new, username)
    except DomainError as error:
        return str(error)
    return ""


def deactivate(name: str) -> None:
    """Deactivate a user. Raises NotFound, DomainError."""
    with transaction():
        users.deactivate(users.find(name))


def listing() -> Iterator[str]:
    """One line a user: name, state, roles, groups, companies."""
    statement = select(User).order_by(User.username).options(
        selectinload(User.roles), selectinload(User.groups), selectinload(User.companies)
    )  # fmt: skip
    for user in db.session.scalars(statement):
        state = "" if user.active else _("inactive")
        if user.active and not user.password:
            state = _("no password")
        lists = (user.roles, user.groups, [company.code for company in user.companies])
        columns = (user.username, state, *(", ".join(map(str, names)) for names in lists))
        yield "\t".join(columns)


def read_password(prompt: str) -> str:
    """Prompt for a password twice, hidden, or read the first line of piped input.

    Raises DomainError where the two differ.
    """
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass(prompt)
    if getpass(_("Repeat the password: ")) != first:
        raise DomainError(_("The two passwords do not match."), field="password")
    return first


def _named(model: Any, name: str, *columns: Any) -> Any:
    found = db.session.scalars(
        select(model).where(or_(*(func.lower(column) == name.lower() for column in columns)))
    ).first()
    if found is None:
        raise NotFound(_("“%(name)s” does not exist.", name=name))
    return found


def _companies(codes: Sequence[str]) -> list[Company]:
    statement = select(Company).order_by(Company.id)
    wanted = {code.strip().upper() for code in codes}
    if wanted:
        statement = statement.where(Company.code.in_(wanted))
    found = list(db.session.scalars(statement))
    missing = wanted - {company.code for company in found}
    if missing:
        raise NotFound(_("The company “%(name)s” does not exist.", name=min(missing)))
    return found
