"""A preview of a quote's form as saving would store it. Source: spec 8.5."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from crm.companies.settings import company_settings
from crm.core.actor import current_actor
from crm.core.datamodel import DataModel
from crm.core.forms import Form, FormField
from crm.core.models.text import format_money, format_percent, parse_number
from crm.quotes import totals
from crm.quotes.fields import LINE
from crm.quotes.models import LineKind, amounts
from crm.quotes.services.approval import ceiling, may_approve
from crm.quotes.services.lines import Terms, complete

ASKED = ("currency", "prices_include_tax", "global_discount", "lines")
ZERO = Decimal(0)
Line = Mapping[str, Any]


def preview(datamodel: DataModel, typed: MultiDict[str, str], company: str = "") -> dict[str, Any]:
    """The figures of the typed quote as texts, by the name of the total or line.

    `company` is the key of a stored quote's; the form of a new one has it.

    "currency" is theirs, "by_rate" the VAT table. "fills" are the values with which saving
    completes lines, "errors" are about cells that cannot be read, "marks" about discounts above
    the ceiling, by input.
    """
    asked = Form(datamodel, ASKED, children={"lines": LINE})
    asked.read(typed)
    terms = _terms(asked.values, typed.get("company") or company)
    field = asked.fields["lines"]
    typed_lines = asked.values.get("lines", ())  # none where there are too many
    lines = complete(typed_lines, terms)
    priced = [_priced(line) for line in lines]
    discount = _within(asked.values.get("global_discount"))
    found = totals.of(
        [one for one in priced if one is not None],
        global_discount=discount,
        prices_include_tax=terms.prices_include_tax,
        places=totals.places(terms.currency),
    )
    rows = _as_sent(field) if lines else []
    return {
        **_sums(found, terms.currency),
        **_line_sums(rows, lines, priced, found, terms.currency),
        "currency": terms.currency,
        "by_rate": _by_rate(found, terms.currency),
        "fills": dict(_fills(rows, typed_lines, lines)),
        "marks": dict(_marks(rows, priced, discount)),
        "errors": {part.name: part.errors[0] for row in rows for part in row if part.errors},
    }


def _as_sent(field: FormField) -> Sequence[Sequence[FormField]]:
    """The lines that were read, under the names that the page has for them: it keeps empty ones."""
    for number, row in zip(field.numbers, field.rows, strict=True):
        for part in row:
            part.name = f"{field.name}-{number}-{part.name.rpartition('-')[2]}"
    return field.rows


def _terms(values: Mapping[str, Any], company_key: str) -> Terms:
    actor = current_actor()
    company = actor.company_of(parse_number(company_key)) or actor.company
    rate = company_settings(company.id).default_vat_rate if company else None
    currency = values.get("currency") or (company.currency if company else "EUR")
    return Terms(rate, currency, bool(values.get("prices_include_tax")))


def _priced(line: Line) -> totals.PricedLine | None:
    """An item with a price; None for other lines."""
    if (line.get("kind") or LineKind.ITEM) != LineKind.ITEM or line.get("unit_price") is None:
        return None
    rate = line.get("vat_rate")
    return totals.PricedLine(
        quantity=line.get("quantity", ZERO),
        unit_price=line["unit_price"],
        discount_percent=_within(line.get("discount_percent")),
        discount_amount=line.get("discount_amount") or ZERO,
        vat_rate=rate.rate if rate is not None else ZERO,
    )


def _within(percent: Decimal | None) -> Decimal:
    return percent if percent is not None and 0 <= percent <= 100 else ZERO


def _sums(found: totals.Totals, currency: str) -> dict[str, str]:
    sums = {
        "total_discount": -found.discount,
        "total_excl": found.excl,
        "total_vat": found.vat,
        "total_incl": found.incl,
    }
    return {name: format_money(amount, currency) for name, amount in sums.items()}


def _line_sums(
    rows: Sequence[Sequence[FormField]],
    lines: Sequence[Line],
    priced: Sequence[totals.PricedLine | None],
    found: totals.Totals,
    currency: str,
) -> dict[str, str]:
    """The amount of each item and subtotal; "" of an item without a price."""
    nets = iter(found.lines)
    each = [next(nets) if one is not None else ZERO for one in priced]
    kinds = [line.get("kind") or LineKind.ITEM for line in lines]
    items = [net for net, kind in zip(each, kinds, strict=True) if kind == LineKind.ITEM]
    shown = zip(rows, priced, kinds, amounts(kinds, items), strict=True)
    return {
        _beside(row, "total_excl"): ""
        if kind == LineKind.ITEM and one is None
        else format_money(amount, currency)
        for row, one, kind, amount in shown
        if amount is not None
    }


def _by_rate(found: totals.Totals, currency: str) -> list[tuple[str, str, str]]:
    return [
        (
            format_percent(row.rate),
            format_money(row.base, currency),
            format_money(row.vat, currency),
        )
        for row in found.by_rate
    ]


def _fills(
    rows: Sequence[Sequence[FormField]], typed: Sequence[Line], lines: Sequence[Line]
) -> Iterator[tuple[str, str]]:
    """(name of the input, text) of what was left empty."""
    for row, before, line in zip(rows, typed, lines, strict=True):
        for part in row[1:]:
            name = part.name.rpartition("-")[2]
            value = line.get(name)
            if value is None or before.get(name) is not None or part.text:
                continue
            yield part.name, str(value.id) if part.is_link else part.spec.typed(value)


def _marks(
    rows: Sequence[Sequence[FormField]],
    priced: Sequence[totals.PricedLine | None],
    discount: Decimal,
) -> Iterator[tuple[str, str]]:
    """(name of the input, words) of discounts that somebody else has to approve."""
    if may_approve():
        return
    limit = ceiling()
    for row, one in zip(rows, priced, strict=True):
        if one is not None and totals.effective_discount(one, discount) > limit:
            yield _beside(row, "discount_percent"), _("Needs approval")


def _beside(row: Sequence[FormField], name: str) -> str:
    return row[0].name.removesuffix("id") + name
