"""Services of companies: creation with settings, deletion without records. Source: spec 1.1."""

from collections.abc import Mapping
from typing import Any

from flask_babel import ngettext
from sqlalchemy import ColumnElement, inspect, select

from crm.companies.defaults import current_user_or_none
from crm.companies.models import Company, CompanySettings
from crm.companies.signals import settings_added
from crm.core.actor import Scope, find_actor
from crm.core.datamodel.references import references_to
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import create_row, delete_row, flush
from crm.core.db import db
from crm.core.errors import DomainError

# The company of a new installation, until somebody names it.
FIRST = {"name": "My company", "code": "MAIN"}


def create(values: Mapping[str, Any]) -> Company:
    """A new company with its settings; its creator joins it if they may edit users.

    Raises DomainError by field.
    """
    company: Company = create_row(Company, values)
    add_settings(company)
    actor, creator = find_actor(), current_user_or_none()
    if actor and creator and actor.widest_scope("edit", "users") is Scope.ALL:
        creator.companies.append(company)
        flush()
    return company


def add_settings(company: Company) -> CompanySettings:
    """The settings of a company that has none yet: the defaults, and the first VAT rate in use."""
    rate = inspect(CompanySettings).relationships["default_vat_rate"].mapper.class_
    statement = select(rate).where(rate.active.is_(True)).order_by(rate.position, rate.id).limit(1)
    settings = CompanySettings(
        company=company, default_vat_rate=db.session.scalars(statement).first()
    )
    db.session.add(settings)
    flush()
    settings_added.send(settings)
    return settings


def ensure_company() -> Company | None:
    """Create a company where there is none, so that records can be entered; else None."""
    if db.session.scalar(select(Company.id).limit(1)) is not None:
        return None
    company: Company = create_row(Company, FIRST)
    add_settings(company)
    return company


def delete(company: Company) -> None:
    """Raises DomainError, with the number of records, where there are any."""
    used = sum(count for __, count in references_to(company))
    if used:
        raise DomainError(
            ngettext(
                "This company has %(num)s record; deactivate it instead.",
                "This company has %(num)s records; deactivate it instead.",
                used,
            )
        )
    delete_row(company)


def candidates(relation: str, values: Mapping[str, Any]) -> ColumnElement[bool] | None:
    """A parent is another company."""
    company_id = values.get("id")
    if relation == "parent" and company_id is not None:
        other: ColumnElement[bool] = Company.id != company_id
        return other
    return None


RULES = Rules(create=create, delete=delete, candidates=candidates)
