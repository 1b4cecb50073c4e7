"""Services of agencies. Source: spec 11."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement

from crm.companies.choices import candidates_of
from crm.companies.defaults import fill_company
from crm.companies.models import Agency
from crm.core.datamodel.rules import Rules


def defaults(values: dict[str, Any]) -> dict[str, Any]:
    """The company chosen on top."""
    fill_company(values)
    return values


def candidates(relation: str, values: Mapping[str, Any]) -> ColumnElement[bool] | None:
    """A company in use; a manager who works for it."""
    return candidates_of(Agency, relation, values)


RULES = Rules(defaults=defaults, candidates=candidates)
