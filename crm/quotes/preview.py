"""A preview of the totals of a form. Source: spec 8.5."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from werkzeug.datastructures import MultiDict

from crm.core.actor import current_actor
from crm.core.datamodel import DataModel
from crm.core.forms import Form
from crm.core.models.text import format_money
from crm.quotes import totals
from crm.quotes.models import LineKind

# The fields of a line that affect its amount.
COUNTED = (
    "kind", "product", "quantity", "unit_price", "discount_percent", "discount_amount", "vat_rate",
)  # fmt: skip
ASKED = ("currency", "prices_include_tax", "global_discount", "lines")


def preview(datamodel: DataModel, typed: MultiDict[str, str]) -> dict[str, str]:
    """total → text, of each line too; invalid lines are ignored."""
    asked = Form(datamodel, ASKED, children={"lines": COUNTED})
    asked.read(typed)
    values = asked.values
    company = current_actor().company
    currency = values.get("currency") or (company.currency if company else "EUR")
    read = zip(asked.fields["lines"].numbers, values.get("lines", ()), strict=True)
    lines = {number: facts for number, line in read if (facts := _facts(line)) is not None}
    found = totals.of(
        list(lines.values()),
        global_discount=_within(values.get("global_discount")),
        prices_include_tax=bool(values.get("prices_include_tax")),
        places=totals.places(currency),
    )
    sums = {
        "total_discount": found.discount,
        "total_excl": found.excl,
        "total_vat": found.vat,
        "total_incl": found.incl,
    }
    sums |= {f"lines-{n}-total_excl": net for n, net in zip(lines, found.lines, strict=True)}
    return {name: format_money(amount, currency) for name, amount in sums.items()}


def _facts(line: Mapping[str, Any]) -> totals.PricedLine | None:
    if line.get("kind") not in (None, "", LineKind.ITEM):
        return None
    product, rate = line.get("product"), line.get("vat_rate")
    price = line.get("unit_price")
    if price is None and product is not None:
        price = product.price
    if rate is None and product is not None:
        rate = product.vat_rate
    if price is None:
        return None
    quantity = line.get("quantity")
    return totals.PricedLine(
        quantity=Decimal(1) if quantity is None else quantity,
        unit_price=price,
        discount_percent=_within(line.get("discount_percent")),
        discount_amount=line.get("discount_amount") or Decimal(0),
        vat_rate=rate.rate if rate is not None else Decimal(0),
    )


def _within(percent: Decimal | None) -> Decimal:
    return percent if percent is not None and 0 <= percent <= 100 else Decimal(0)
