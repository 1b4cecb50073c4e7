"""The totals of five hundred quotes, worked out a second time from the words of spec 8.5."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from crm.quotes.models import LineKind, Quote, QuoteLine, VatRate

D = Decimal
PLACES = {"EUR": D("0.01"), "JPY": D(1)}
RATES = [VatRate(rate=D(text)) for text in ("20", "10", "5.5", "2.1", "0")]


class Sums(NamedTuple):
    """What a quote comes to."""

    nets: list[Decimal]  # of its items, without tax
    by_rate: dict[Decimal, tuple[Decimal, Decimal]]  # rate → base, VAT
    excl: Decimal
    vat: Decimal
    incl: Decimal


def rounded(amount: Decimal, step: Decimal) -> Decimal:
    return amount.quantize(step, ROUND_HALF_UP)


def expected(quote: Quote) -> Sums:
    """Rule by rule, with sixty digits."""
    with localcontext() as context:
        context.prec = 60
        step = PLACES[quote.currency]
        whole: list[tuple[Decimal, Decimal]] = []  # rate, amount of the line as it is priced
        for line in quote.lines:
            if line.kind != LineKind.ITEM:
                continue
            if line.discount_amount:
                amount = line.quantity * (line.unit_price - line.discount_amount)
            else:
                amount = (
                    line.quantity * line.unit_price * (1 - (line.discount_percent or 0) / D(100))
                )
            amount *= 1 - (quote.global_discount or 0) / D(100)
            whole.append((line.vat_rate.rate, rounded(amount, step)))
        by_rate = {}
        for rate in {rate for rate, _ in whole}:
            total = sum((amount for one, amount in whole if one == rate), D(0))
            factor = 1 + rate / D(100)
            if quote.prices_include_tax:
                base = rounded(total / factor, step)
                by_rate[rate] = (base, total - base)
            else:
                by_rate[rate] = (total, rounded(total * rate / D(100), step))
        excl = sum((base for base, _ in by_rate.values()), D(0))
        vat = sum((vat for _, vat in by_rate.values()), D(0))
        nets = [
            rounded(amount / (1 + rate / D(100)), step) if quote.prices_include_tax else amount
            for rate, amount in whole
        ]
        total = sum((amount for _, amount in whole), D(0))
        assert not quote.prices_include_tax or excl + vat == total  # to the cent, says rule 4
        return Sums(nets, by_rate, excl, vat, excl + vat)


def number(least: str, most: str, places: int) -> some.SearchStrategy[Decimal]:
    return some.decimals(D(least), D(most), places=places, allow_nan=False)


@some.composite
def items(draw: Any) -> QuoteLine:
    price = draw(number("0", "99999.9999", 4))
    line = QuoteLine(
        kind=LineKind.ITEM,
        label="Pompe",
        quantity=draw(number("-999.999", "9999.999", 3).filter(bool)),
        unit_price=price,
        vat_rate=draw(some.sampled_from(RATES)),
    )
    match draw(some.integers(0, 2)):
        case 1:
            line.discount_percent = draw(number("0", "100", 2))
        case 2:
            line.discount_amount = min(draw(number("0", "99.9999", 4)), price)
    return line


@some.composite
def quotes(draw: Any) -> Quote:
    between = some.sampled_from([LineKind.SECTION, LineKind.TEXT, LineKind.SUBTOTAL]).map(
        lambda kind: QuoteLine(kind=kind, label="-")
    )
    return Quote(
        currency=draw(some.sampled_from(sorted(PLACES))),
        prices_include_tax=draw(some.booleans()),
        global_discount=draw(some.none() | number("0", "100", 2)),
        lines=draw(some.lists(items() | between, max_size=8)),
    )


@pytest.mark.slow("500 quotes")
@settings(max_examples=500, deadline=None)
@given(quotes())
def test_the_totals_of_a_quote_are_those_of_the_specification(quote: Quote) -> None:
    sums = expected(quote)
    quote.keep_totals()
    assert (quote.total_excl, quote.total_vat, quote.total_incl) == (sums.excl, sums.vat, sums.incl)
    assert [line.total_excl for line in quote.lines if line.is_item] == sums.nets
    found = {row.rate: (row.base, row.vat) for row in quote.totals.by_rate}
    assert found == sums.by_rate
