"""The two settings pages: what may be chosen on them. Their rules are in the models."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, inspect

from crm.companies.models import AppSettings
from crm.companies.remembered import forget
from crm.core.datamodel.saving import update_row

OPEN = "open"  # the kind of statuses and stages where records may begin


def update(row: Any, values: Mapping[str, Any]) -> None:
    """Save; what is saved holds at once. Raises DomainError by field."""
    update_row(row, values)
    forget()


def candidates(relation: str, values: Mapping[str, Any]) -> ColumnElement[bool] | None:
    """Records begin in an open status or stage that is in use. Source: spec 2.7."""
    if relation not in ("lead_default_status", "opportunity_default_stage"):
        return None
    target = inspect(AppSettings).relationships[relation].mapper.class_
    condition: ColumnElement[bool] = (target.kind == OPEN) & target.active.is_(True)
    return condition
