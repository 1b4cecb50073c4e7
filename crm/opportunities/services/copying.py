"""Duplicate an opportunity. Source: spec 7.3."""

from typing import Any

from crm.companies.days import today
from crm.companies.defaults import current_user_or_none, default_owner
from crm.core import rows
from crm.core.datamodel.link_checks import check_link
from crm.core.db import db
from crm.core.errors import DomainError
from crm.opportunities.models import Opportunity
from crm.opportunities.services.record import RULES, candidates, create, defaults

COPIED = (
    "name", "amount", "currency", "best_case", "worst_case", "need_type", "score", "description",
    "competitor", "next_step", "recurring_amount", "recurring_period", "recurring_duration",
    "recurring_start_on",
)  # fmt: skip
LINKS = ("account", "contact", "source", "agency")


def duplicate(opportunity: Opportunity) -> Opportunity:
    """A new open one, of the actor: no reason, no quotes, no events. Raises DomainError.

    It leaves out what could not be chosen now, as a source that is no longer in use, and what the
    actor must not read.
    """
    company = opportunity.company
    values: dict[str, Any] = {name: getattr(opportunity, name) for name in COPIED}
    values["company"] = company
    for name in LINKS:
        values[name] = _offered(opportunity, name, values)
    values["owner"] = default_owner(candidates, company, current_user_or_none())
    values["tags"] = [tag for tag in opportunity.tags if tag.active]
    close = opportunity.expected_close_on
    values["expected_close_on"] = close if close and close >= today(company.time_zone) else None
    if rows.may(db.session(), "edit", opportunity):
        values["memo"] = opportunity.memo
    return create(defaults(values))


def _offered(opportunity: Opportunity, relation: str, values: dict[str, Any]) -> Any:
    target = getattr(opportunity, relation)
    if target is None:
        return None
    try:
        check_link(opportunity, relation, target, values, RULES)
    except DomainError:
        return None
    return target
