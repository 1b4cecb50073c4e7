"""Who and what may be chosen beside a record of a company: for pickers and for what is saved."""

from collections.abc import Mapping
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import ColumnElement, and_, inspect

from crm.companies.assignable import colleagues
from crm.companies.models import Agency, Company
from crm.core.actor import find_actor
from crm.core.models import Reference

Values = Mapping[str, Any]


def company_ids(values: Values) -> tuple[int, ...]:
    """The company that `values` names, else all that a new record could be of."""
    company = values.get("company")
    company_id = company.id if company is not None else values.get("company_id")
    if company_id is not None:
        return (company_id,)
    actor = find_actor()
    return actor.company_ids if actor is not None else ()


def candidates_of(model: type[Any], relation: str, values: Values) -> ColumnElement[bool] | None:
    """What any relation of `model` may be set to: in use, and of the record's company.

    None where that says nothing, as for vocabularies, which core itself keeps to rows in use.
    """
    target = inspect(model).relationships[relation].mapper.class_
    if issubclass(target, Reference):
        return None
    if target is User:
        return colleagues(*company_ids(values))
    if target is Company:
        return _open_companies()
    if not hasattr(target, "company_id"):
        return None
    of_company: ColumnElement[bool] = target.company_id.in_(company_ids(values))
    return and_(of_company, Agency.active.is_(True)) if target is Agency else of_company


def _open_companies() -> ColumnElement[bool]:
    """An inactive company takes no new record."""
    actor = find_actor()
    mine = Company.id.in_(actor.company_ids) if actor is not None else Company.id.is_not(None)
    return and_(Company.active.is_(True), mine)
