"""Services of the settings pages. Further rules are in the models."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, inspect, select

from crm.companies.models import AppSettings, CompanySettings, Counter
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import update_row
from crm.core.db import clear_cache, db

OPEN = "open"  # the kind of the statuses and stages of new records


def update(row: Any, values: Mapping[str, Any]) -> None:
    """Save settings, with immediate effect. Raises DomainError by field."""
    update_row(row, values)
    clear_cache()


def candidates(relation: str, values: Mapping[str, Any]) -> ColumnElement[bool] | None:
    """Default statuses and stages are open and active. Source: spec 2.7."""
    if relation not in ("lead_default_status", "opportunity_default_stage"):
        return None
    target = inspect(AppSettings).relationships[relation].mapper.class_
    condition: ColumnElement[bool] = (target.kind == OPEN) & target.active.is_(True)
    return condition


def coming_reference(settings: CompanySettings) -> str:
    """A preview of the reference of the company's next opportunity."""
    statement = select(Counter.last).where(
        Counter.company_id == settings.company_id, Counter.kind == "opportunity", Counter.year == 0
    )
    number = (db.session.scalar(statement) or 0) + 1
    return f"{settings.opportunity_prefix}{number:0{settings.opportunity_padding}d}"


RULES = Rules(update=update, candidates=candidates)
