"""Event categories: each is of one type of event, and a used one stays so. Source: spec 3."""

from collections.abc import Mapping
from typing import Any

from crm.calendar.models import EventCategory
from crm.companies.vocabulary import check_kind
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import update_row


def update(category: EventCategory, values: Mapping[str, Any]) -> None:
    """Change a category. Raises DomainError by field."""
    check_kind(category, values, "type")
    update_row(category, values)


RULES = Rules(update=update)
