"""Services of VAT rates: a company's default stays active. Source: spec 2.8 and 3."""

from collections.abc import Mapping
from typing import Any

from flask_babel import ngettext
from sqlalchemy import func, select

from crm.companies.models import CompanySettings
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import update_row
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.rows import unfiltered
from crm.quotes.models import VatRate


def update(rate: VatRate, values: Mapping[str, Any]) -> None:
    """Change a rate. Raises DomainError on `active` where it is a company's default."""
    if values.get("active") is False and rate.active:
        _refuse_default(rate)
    update_row(rate, values)


def _refuse_default(rate: VatRate) -> None:
    with unfiltered("a rate is a default, whoever may open the settings"):
        statement = select(func.count()).select_from(CompanySettings)
        count = db.session.scalar(statement.where(CompanySettings.default_vat_rate_id == rate.id))
    if count:
        message = ngettext(
            "%(num)s company proposes this rate; choose another there first.",
            "%(num)s companies propose this rate; choose another there first.",
            count,
        )
        raise DomainError(message, field="active")


RULES = Rules(update=update)
