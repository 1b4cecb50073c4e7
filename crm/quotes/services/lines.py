"""Defaults of quote lines, from products and opportunities (spec 8.1, 8.3)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from crm.companies.settings import setting
from crm.core.models.text import format_money
from crm.opportunities.models import Opportunity
from crm.quotes import totals
from crm.quotes.models import LineKind, VatRate

ONE, ZERO = Decimal(1), Decimal(0)


def complete(line: Mapping[str, Any], rate: VatRate | None) -> dict[str, Any]:
    """A line with the values of its product, else the company's VAT rate.

    Of a stored line, only emptied values are filled in.
    """
    if line.get("kind") not in (None, "", LineKind.ITEM):
        return dict(line)
    product = line.get("product")
    said: dict[str, Any] = {"quantity": ONE, "vat_rate": rate}
    if product is not None:
        said |= {
            "label": product.name,
            "description": product.description,
            "unit_price": product.price,
            "unit": product.unit,
            "vat_rate": product.vat_rate or rate,
        }
    is_new = line.get("id") is None
    missing = {
        name: value
        for name, value in said.items()
        if line.get(name) is None and (is_new or name in line)
    }
    return {**line, **missing}


def of_opportunity(
    deal: Opportunity, rate: VatRate | None, prices_include_tax: bool
) -> list[dict[str, Any]]:
    """One line for the amount and, while it is managed, one for the recurring revenue."""
    lines = []
    if deal.amount:
        lines.append(_line(deal.name, deal.amount, rate, prices_include_tax))
    if setting("manage_recurring") and deal.recurring_total:
        lines.append(_line(_recurring(deal), deal.recurring_total, rate, prices_include_tax))
    return lines


def _line(
    label: str, amount: Decimal, rate: VatRate | None, prices_include_tax: bool
) -> dict[str, Any]:
    price = totals.with_tax(amount, rate.rate) if prices_include_tax and rate else amount
    return {"label": label, "quantity": ONE, "unit_price": price, "vat_rate": rate}


def _recurring(deal: Opportunity) -> str:
    """Such as "12 months at €450.00 per month"."""
    months = ngettext("%(num)s month", "%(num)s months", deal.recurring_duration)
    amount = format_money(deal.recurring_amount or ZERO, deal.currency)
    words = {
        1: _("%(months)s at %(amount)s per month", months=months, amount=amount),
        3: _("%(months)s at %(amount)s per quarter", months=months, amount=amount),
        6: _("%(months)s at %(amount)s per half-year", months=months, amount=amount),
        12: _("%(months)s at %(amount)s per year", months=months, amount=amount),
    }
    return str(words[deal.recurring_period])
