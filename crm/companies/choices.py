"""The rows that a relation may be set to, for pickers and for saving."""

from collections.abc import Mapping
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import ColumnElement, and_, inspect

from crm.companies import assignable
from crm.companies.models import Agency, Company
from crm.companies.settings import setting
from crm.core.actor import find_actor
from crm.core.models import Archivable, Reference

Values = Mapping[str, Any]


def company_ids(values: Values) -> tuple[int, ...]:
    """The company in `values`, else all companies of the actor."""
    company = values.get("company")
    company_id = company.id if company is not None else values.get("company_id")
    if company_id is not None:
        return (company_id,)
    actor = find_actor()
    return actor.company_ids if actor is not None else ()


def candidates_of(model: type[Any], relation: str, values: Values) -> ColumnElement[bool] | None:
    """The rows that a relation of `model` may be set to: active, not archived, of one company.

    None for no condition, as for vocabularies, which core restricts to active rows.
    """
    target = inspect(model).relationships[relation].mapper.class_
    if issubclass(target, Reference):
        return None
    if target is User:
        return assignable.colleagues(*company_ids(values))
    if target is Company:
        return _open_companies()
    if not hasattr(target, "company_id"):
        return None
    of_company: ColumnElement[bool] = target.company_id.in_(company_ids(values))
    if issubclass(target, Archivable):
        of_company = and_(of_company, target.archived_on.is_(None))
    if target is model and values.get("id"):
        return and_(of_company, target.id != values["id"])
    return and_(of_company, Agency.active.is_(True)) if target is Agency else of_company


def sales_candidates(model: type[Any], relation: str, values: Values) -> ColumnElement[bool] | None:
    """As `candidates_of`; owners by the settings where these apply to leads and opportunities.

    Source: spec 2.2.
    """
    if relation == "owner" and setting("assignable_everywhere"):
        return assignable.assignable(*company_ids(values))
    return candidates_of(model, relation, values)


def sales_owner_refusal(relation: str, values: Values) -> str | None:
    """Why an owner of a lead or an opportunity was refused; None for the general message."""
    return owner_refusal(relation, values) if setting("assignable_everywhere") else None


def owner_refusal(relation: str, values: Values) -> str | None:
    """Why an owner was refused; None for other relations, and for the general message."""
    if relation != "owner":
        return None
    return assignable.refusal(values.get("owner"), next(iter(company_ids(values)), 0))


def _open_companies() -> ColumnElement[bool]:
    """The active companies of the actor."""
    actor = find_actor()
    mine = Company.id.in_(actor.company_ids) if actor is not None else Company.id.is_not(None)
    return and_(Company.active.is_(True), mine)
