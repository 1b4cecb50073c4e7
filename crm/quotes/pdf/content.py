"""What stands on a quote, as texts in the language that is forced.

French law asks for the identity of the seller (Code de commerce, art. R. 123-237 and, for the form
and capital of a company, R. 123-238), quantities, unit prices, rates and amounts of VAT, totals
with and without tax, date and validity (arrêté of 24 January 2017, art. 2; Code de la consommation,
art. L. 111-1 and L. 112-1). Terms of payment are those that the invoice repeats (Code de commerce,
art. L. 441-9 and L. 441-10).
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from crm.core.models.text import format_day, format_money, format_percent
from crm.quotes.display import line_rows
from crm.quotes.models import LineKind, Quote
from crm.quotes.pdf import identity
from crm.quotes.pdf.parties import Parties
from crm.quotes.totals import Totals

Pairs = Iterator[tuple[str, str]]


def of(quote: Quote, named: Parties, number: str | None) -> Mapping[str, Any]:
    """The data of quote.typ; without a number it is a draft's."""
    found, shown = quote.totals, number or _("Draft")
    return {
        "language": named.language,
        "title": _("Quote"),
        "name": f"{shown}, {named.account}",
        "draft": "" if number else _("Draft"),
        "seller": {"name": named.company.name, "lines": identity.address(named)},
        "logo": list(named.logo),
        "facts": [*_facts(quote, named, shown)],
        "customer": [*_customer(quote, named)],
        "subject": quote.title or "",
        "intro": quote.intro or "",
        "heads": _heads(quote),
        "lines": [*_lines(quote, found)],
        "vat": _vat(quote, found),
        "totals": [*_totals(quote, found)],
        "terms": [*_terms(quote, named)],
        "legal_note": named.legal_note,
        "approval": [_("Approval of the customer"), _("Date, stamp and signature")],
        "foot": identity.registration(named.company),
        "number": shown,
    }


def _facts(quote: Quote, named: Parties, number: str) -> Pairs:
    """Number, dates and who wrote it."""
    yield _("Quote number"), number
    yield _("Quote date"), format_day(quote.issued_on)
    yield _("Valid until"), format_day(quote.valid_until)
    if named.owner is not None:
        yield _("Salesperson"), str(named.owner)


def _customer(quote: Quote, named: Parties) -> Pairs:
    """Who gets the quote, where, and under which reference of theirs."""
    yield _("Billing address"), "\n".join(identity.addressee(quote, named))
    if quote.delivery_address:
        yield _("Delivery address"), quote.delivery_address
    if quote.customer_reference:
        yield _("Customer reference"), quote.customer_reference


def _heads(quote: Quote) -> list[str]:
    with_tax = bool(quote.prices_include_tax)
    return [
        _("Label"),
        _("Quantity"),
        _("Unit"),
        _("Unit price incl. tax") if with_tax else _("Unit price excl. tax"),
        _("Discount"),
        _("VAT"),
        _("Total incl. tax") if with_tax else _("Total excl. tax"),
    ]


def _lines(quote: Quote, found: Totals) -> Iterator[Mapping[str, Any]]:
    """The rows as the quote's page has them, the unit prices with their currency."""
    for line, row in zip(quote.lines, line_rows(quote, found), strict=True):
        price = line.unit_price or Decimal(0)
        yield {
            "kind": row.kind or LineKind.ITEM,
            "label": row.label,
            "description": row.description,
            "cells": [
                row.quantity,
                row.unit,
                format_money(price, quote.currency, 4) if line.is_item else "",
                row.discount,
                row.vat,
                row.total,
            ],
        }


def _vat(quote: Quote, found: Totals) -> list[list[str]]:
    """The VAT of each rate, below its heads."""
    return [
        [_("VAT rate"), _("Taxable base"), _("VAT amount")],
        *(
            [
                format_percent(one.rate),
                format_money(one.base, quote.currency),
                format_money(one.vat, quote.currency),
            ]
            for one in found.by_rate
        ),
    ]


def _totals(quote: Quote, found: Totals) -> Pairs:
    """The sums, the last of which is what is to be paid."""
    if found.discount:
        yield _("Discounts included"), format_money(-found.discount, quote.currency)
    yield _("Total excl. tax"), format_money(found.excl, quote.currency)
    yield _("Total VAT"), format_money(found.vat, quote.currency)
    yield _("Total incl. tax"), format_money(found.incl, quote.currency)


def _terms(quote: Quote, named: Parties) -> Pairs:
    if quote.global_discount:
        percent = format_percent(quote.global_discount)
        yield "", _("The totals of the lines include a global discount of %(percent)s.",
                    percent=percent)  # fmt: skip
    if named.payment_terms:
        yield _("Payment terms"), named.payment_terms
    if quote.conditions:
        yield _("Conditions"), quote.conditions
