"""The two settings pages: what may be chosen on them. Their rules are in the models."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, inspect, select

from crm.companies.models import AppSettings, CompanySettings, Counter
from crm.companies.transaction_cache import clear_cache
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import update_row
from crm.core.db import db

OPEN = "open"  # the kind of statuses and stages where records may begin


def update(row: Any, values: Mapping[str, Any]) -> None:
    """Save; what is saved holds at once. Raises DomainError by field."""
    update_row(row, values)
    clear_cache()


def candidates(relation: str, values: Mapping[str, Any]) -> ColumnElement[bool] | None:
    """Records begin in an open status or stage that is in use. Source: spec 2.7."""
    if relation not in ("lead_default_status", "opportunity_default_stage"):
        return None
    target = inspect(AppSettings).relationships[relation].mapper.class_
    condition: ColumnElement[bool] = (target.kind == OPEN) & target.active.is_(True)
    return condition


def coming_reference(settings: CompanySettings) -> str:
    """The reference of the company's next opportunity, as things are: shown, never kept."""
    statement = select(Counter.last).where(
        Counter.company_id == settings.company_id, Counter.kind == "opportunity", Counter.year == 0
    )
    number = (db.session.scalar(statement) or 0) + 1
    return f"{settings.opportunity_prefix}{number:0{settings.opportunity_padding}d}"


RULES = Rules(update=update, candidates=candidates)
