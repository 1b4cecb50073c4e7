"""The arithmetic of a quote. Source: spec 8.5.

Each line is rounded once, half up; VAT is computed once per rate, on the sum of its lines.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from babel.numbers import get_currency_precision

from crm.core.types import round_half_up

ZERO = Decimal(0)
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class PricedLine:
    """Price and discount of an item; the discount is a percentage, or an amount per unit."""

    quantity: Decimal
    unit_price: Decimal  # with tax where the quote's prices include it
    vat_rate: Decimal  # per cent
    discount_percent: Decimal = ZERO
    discount_amount: Decimal = ZERO


@dataclass(frozen=True)
class Vat:
    """One row of the VAT table."""

    rate: Decimal  # per cent
    base: Decimal  # without tax
    vat: Decimal


@dataclass(frozen=True)
class Totals:
    """The totals of a quote."""

    lines: tuple[Decimal, ...]  # each line as it is shown: with tax where prices include it
    lines_excl: tuple[Decimal, ...]  # each line without tax
    by_rate: tuple[Vat, ...]  # highest rate first
    excl: Decimal
    vat: Decimal
    incl: Decimal
    discount: Decimal  # what all discounts take off, in the prices of the quote


def of(
    lines: Sequence[PricedLine],
    *,
    global_discount: Decimal = ZERO,
    prices_include_tax: bool = False,
    places: int = 2,
) -> Totals:
    """The totals of `lines`, in a currency with `places` decimals.

    >>> three = [PricedLine(Decimal(1), Decimal("10.03"), Decimal(20))] * 3
    >>> of(three).vat
    Decimal('6.02')
    """
    nets = [round_half_up(_exact_net(line, global_discount), places) for line in lines]
    gross = [round_half_up(line.quantity * line.unit_price, places) for line in lines]
    sums: dict[Decimal, Decimal] = defaultdict(Decimal)
    for line, net in zip(lines, nets, strict=True):
        sums[line.vat_rate] += net
    by_rate = tuple(
        _vat(rate, sums[rate], prices_include_tax, places) for rate in sorted(sums, reverse=True)
    )
    excl = sum((row.base for row in by_rate), ZERO)
    vat = sum((row.vat for row in by_rate), ZERO)
    return Totals(
        lines=tuple(nets),
        lines_excl=tuple(
            round_half_up(_without_tax(net, line.vat_rate), places) if prices_include_tax else net
            for line, net in zip(lines, nets, strict=True)
        ),
        by_rate=by_rate,
        excl=excl,
        vat=vat,
        incl=excl + vat,
        discount=sum(gross, ZERO) - sum(nets, ZERO),
    )


def discounted_price(line: PricedLine) -> Decimal:
    """The unit price after the line's discount, to four decimals, for display only."""
    price = line.unit_price - line.discount_amount
    return round_half_up(price * (HUNDRED - line.discount_percent) / HUNDRED, 4)


def effective_discount(line: PricedLine, global_discount: Decimal = ZERO) -> Decimal:
    """What a line's discount and the global one take off its price together, in per cent.

    Not rounded: it is compared with a ceiling. 0 where the price is 0.
    """
    if not line.unit_price:
        return ZERO
    kept = (line.unit_price - line.discount_amount) * (HUNDRED - line.discount_percent)
    return HUNDRED - kept * (HUNDRED - global_discount) / HUNDRED / line.unit_price


def largest_discount(lines: Iterable[PricedLine], global_discount: Decimal = ZERO) -> Decimal:
    """The largest effective discount, in per cent, rounded up to two decimals; 0 without lines."""
    found = max((effective_discount(line, global_discount) for line in lines), default=ZERO)
    return found.quantize(Decimal("0.01"), ROUND_CEILING)


def places(currency: str | None) -> int:
    """The decimals that amounts in `currency` are rounded to: 2 for EUR, 0 for JPY."""
    return get_currency_precision(currency) if currency else 2


def with_tax(price: Decimal, vat_rate: Decimal) -> Decimal:
    """A price excluding tax, for a quote whose prices include tax (spec 8.3)."""
    return round_half_up(price * (HUNDRED + vat_rate) / HUNDRED, 4)


def _exact_net(line: PricedLine, global_discount: Decimal) -> Decimal:
    price = (line.unit_price - line.discount_amount) * (HUNDRED - line.discount_percent)
    return line.quantity * price * (HUNDRED - global_discount) / HUNDRED**2


def _without_tax(amount: Decimal, rate: Decimal) -> Decimal:
    return amount * HUNDRED / (HUNDRED + rate)


def _vat(rate: Decimal, amount: Decimal, prices_include_tax: bool, places: int) -> Vat:
    if prices_include_tax:
        base = round_half_up(_without_tax(amount, rate), places)
        return Vat(rate, base, amount - base)
    return Vat(rate, amount, round_half_up(amount * rate / HUNDRED, places))
