"""Defaults of new records: company, owner, agency. Source: spec 11."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import select

from crm.companies.models import Agency, Company
from crm.companies.settings import setting
from crm.core.actor import find_actor
from crm.core.datamodel.rules import Candidates
from crm.core.db import db, per_transaction
from crm.core.errors import DomainError
from crm.core.rows import unfiltered

Values = dict[str, Any]
T = TypeVar("T")


def fill_empty(values: Values, name: str, default: Callable[[], Any]) -> None:
    """Set `name` where it is missing or None."""
    if values.get(name) is None:
        values[name] = default()


def set_default(values: Values, name: str, default: Callable[[], Any]) -> None:
    """Set `name` where it is missing; None is kept."""
    if name not in values:
        values[name] = default()


def fill_company(values: Values, *related: Any) -> Company:
    """The company of a new record: that of the first related row, else the one in the top bar.

    Raises DomainError where there is none, or where it is inactive.
    """
    fill_empty(values, "company", lambda: _company_of(related))
    company: Company | None = values["company"]
    if company is None:
        raise DomainError(_("Choose a company."), field="company")
    if not company.active:
        raise DomainError(_("This company is inactive and takes no new records."), field="company")
    values.pop("company_id", None)
    return company


def _company_of(related: tuple[Any, ...]) -> Company | None:
    company_id = next((row.company_id for row in related if row is not None), None)
    if company_id is None:
        actor = find_actor()
        company_id = actor.company.id if actor is not None and actor.company else None
    return None if company_id is None else company_by_id(company_id)


def of_company(company: Company, row: T | None) -> T | None:
    """`row` where it is of this company, else None: saving will refuse it."""
    return row if row is not None and row.company_id == company.id else None  # type: ignore[attr-defined]  # a record


def company_by_id(company_id: int) -> Company | None:
    """A company by id, without the row filter."""

    def read() -> Company | None:
        with unfiltered("the company of a record is named on it"):
            return db.session.get(Company, company_id)

    return per_transaction(("company", company_id), read)


def current_user_or_none() -> User | None:
    """The acting user's row; None in a command without an actor."""
    actor = find_actor()
    if actor is None:
        return None
    user_id = actor.user_id
    return per_transaction(("user", user_id), lambda: db.session.get(User, user_id))


def default_owner(candidates: Candidates, company: Company, *wanted: User | None) -> User | None:
    """The first of these users whom `candidates` allow as owner of a record of `company`."""
    users = [user for user in wanted if user is not None]

    def read() -> set[int]:
        condition = candidates("owner", {"company": company})
        statement = select(User.id).where(User.id.in_([user.id for user in users]))
        return set(
            db.session.scalars(statement if condition is None else statement.where(condition))
        )

    key = (candidates, company.id, *(user.id for user in users))
    offered = per_transaction(key, read) if users else set()
    return next((user for user in users if user.id in offered), None)


def pick_agency(company: Company, *holders: Any) -> Agency | None:
    """The agency of the first of `holders` (account, lead, user) with one of this company.

    None while agencies are not managed.
    """
    if not setting("manage_agencies"):
        return None
    agencies = (holder.agency for holder in holders if holder is not None)
    return next((a for a in agencies if a is not None and a.company_id == company.id), None)


def agency_by_area(company: Company, postal_code: str | None) -> Agency | None:
    """The agency with the longest postal area that is a prefix of `postal_code`."""
    if not postal_code or not setting("manage_agencies"):
        return None

    def read() -> list[Agency]:
        with unfiltered("an agency is proposed by its area, not by who may open its page"):
            return list(
                db.session.scalars(
                    select(Agency).where(
                        Agency.company_id == company.id,
                        Agency.active.is_(True),
                        Agency.postal_areas.is_not(None),
                    )
                )
            )

    code = postal_code.replace(" ", "").upper()
    fits = [
        (len(area), agency.id, agency)
        for agency in per_transaction(("areas", company.id), read)
        for area in agency.areas
        if code.startswith(area)
    ]
    return max(fits, key=lambda fit: fit[:2])[2] if fits else None
