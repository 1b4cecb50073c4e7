"""Defaults of quote lines, from products and opportunities (spec 8.1, 8.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from crm.companies.settings import setting
from crm.core.db import db
from crm.core.models.text import format_number
from crm.opportunities.models import Opportunity
from crm.quotes import totals
from crm.quotes.models import LineKind, Product, ProductPrice, VatRate

RECURRING = ("recurring_period", "recurring_duration")
ONE, ZERO = Decimal(1), Decimal(0)
Line = Mapping[str, Any]
Prices = Mapping[int, Decimal]  # id of a product → price without tax


@dataclass(frozen=True)
class Terms:
    """What of a quote its lines depend on."""

    rate: VatRate | None  # of lines that name none
    currency: str
    prices_include_tax: bool = False

    def price(self, amount: Decimal, rate: VatRate | None) -> Decimal:
        """An amount without tax, as a price of the quote."""
        return totals.with_tax(amount, rate.rate) if self.prices_include_tax and rate else amount


def complete(lines: Sequence[Line], terms: Terms) -> list[dict[str, Any]]:
    """Lines with the values of their products, else the company's VAT rate and a quantity of 1.

    Of a stored line, only emptied values are filled in.
    """
    prices = _prices(lines, terms.currency)
    return [_completed(line, terms, prices) for line in lines]


def _prices(lines: Sequence[Line], currency: str) -> Prices:
    """Those of the products of lines without a price, by one statement."""
    unpriced = (line for line in lines if line.get("unit_price") is None)
    products = {one.id for line in unpriced if (one := line.get("product")) is not None}
    if not products:
        return {}
    known = select(ProductPrice.product_id, ProductPrice.price).where(
        ProductPrice.product_id.in_(products), ProductPrice.currency == currency
    )
    return {row.product_id: row.price for row in db.session.execute(known)}


def _completed(line: Line, terms: Terms, prices: Prices) -> dict[str, Any]:
    kind = line.get("kind") or LineKind.ITEM
    if kind != LineKind.ITEM:
        is_unnamed = kind == LineKind.SUBTOTAL and not line.get("label")
        return {**line, "label": _("Subtotal")} if is_unnamed else dict(line)
    is_new = line.get("id") is None
    said = _said(line, terms, prices)
    missing = {
        name: value
        for name, value in said.items()
        if value is not None and line.get(name) is None and (is_new or name in line)
    }
    return {**line, **missing}


def _said(line: Line, terms: Terms, prices: Prices) -> dict[str, Any]:
    """What a line is filled with where it says nothing."""
    product: Product | None = line.get("product")
    if product is None:
        return {"quantity": ONE, "vat_rate": terms.rate}
    rate = product.vat_rate or terms.rate
    price = prices.get(product.id)
    return {
        "quantity": ONE,
        "label": product.name,
        "description": product.description,
        "unit_price": None if price is None else terms.price(price, line.get("vat_rate") or rate),
        "unit": product.unit,
        "vat_rate": rate,
        "recurring_period": product.recurring_period,
    }


def of_opportunity(deal: Opportunity, terms: Terms) -> list[dict[str, Any]]:
    """One line for the amount and, while it is managed, one for the recurring revenue."""
    lines = []
    if deal.amount:
        lines.append(_line(deal.name, deal.amount, terms))
    if setting("manage_recurring") and deal.recurring_total:
        line = _line(_recurring(deal), deal.recurring_total, terms)
        lines.append({**line, **{name: getattr(deal, name) for name in RECURRING}})
    return lines


def _line(label: str, amount: Decimal, terms: Terms) -> dict[str, Any]:
    price = terms.price(amount, terms.rate)
    return {"label": label, "quantity": ONE, "unit_price": price, "vat_rate": terms.rate}


def _recurring(deal: Opportunity) -> str:
    """Such as "12 months at 450.00 per month"."""
    months = ngettext("%(num)s month", "%(num)s months", deal.recurring_duration)
    amount = format_number(deal.recurring_amount or ZERO, 2, 2)
    words = {
        1: _("%(months)s at %(amount)s per month", months=months, amount=amount),
        3: _("%(months)s at %(amount)s per quarter", months=months, amount=amount),
        6: _("%(months)s at %(amount)s per half-year", months=months, amount=amount),
        12: _("%(months)s at %(amount)s per year", months=months, amount=amount),
    }
    return str(words[deal.recurring_period])
