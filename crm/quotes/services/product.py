"""Products, which fill the lines of quotes. Source: spec 8.1."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement

from crm.companies.choices import candidates_of
from crm.companies.defaults import fill_company, set_default
from crm.companies.settings import company_settings
from crm.core.datamodel.rules import Rules
from crm.quotes.models import Product


def defaults(values: dict[str, Any]) -> dict[str, Any]:
    """A price in the company's currency, and its VAT rate."""
    company = fill_company(values)
    set_default(values, "prices", lambda: [{"currency": company.currency}])
    set_default(values, "vat_rate", lambda: company_settings(company.id).default_vat_rate)
    return values


def candidates(relation: str, values: Mapping[str, Any]) -> ColumnElement[bool] | None:
    """Companies in use."""
    return candidates_of(Product, relation, values)


RULES = Rules(defaults=defaults, candidates=candidates)
