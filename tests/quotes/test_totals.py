"""The totals of a quote, to the cent."""

from decimal import Decimal

import pytest

from crm.quotes.totals import (
    PricedLine,
    Totals,
    discounted_price,
    effective_discount,
    largest_discount,
    of,
    with_tax,
)

D = Decimal


def line(
    quantity: str, price: str, rate: str = "20", percent: str = "0", amount: str = "0"
) -> PricedLine:
    return PricedLine(D(quantity), D(price), D(rate), D(percent), D(amount))


def sums(totals: Totals) -> tuple[Decimal, Decimal, Decimal]:
    return totals.excl, totals.vat, totals.incl


@pytest.mark.accept("A-56")
def test_each_line_is_rounded_once_and_vat_once_per_rate() -> None:
    found = of(
        [
            line("3", "19.99", percent="10"),
            line("1.5", "45.33"),
            line("7", "3.335", "5.5", percent="5"),
            line("1", "100", "0"),
        ]
    )
    assert found.lines == (D("53.97"), D("68.00"), D("22.18"), D("100.00"))
    assert [row.vat for row in found.by_rate] == [D("24.39"), D("1.22"), D("0.00")]
    assert [row.base for row in found.by_rate] == [D("121.97"), D("22.18"), D("100.00")]
    assert sums(found) == (D("244.15"), D("25.61"), D("269.76"))


@pytest.mark.accept("A-57")
def test_vat_is_not_rounded_line_by_line() -> None:
    assert sums(of([line("1", "10.03")] * 3)) == (D("30.09"), D("6.02"), D("36.11"))


@pytest.mark.accept("A-57")
def test_the_discounted_price_is_never_used_to_compute() -> None:
    only = line("40", "12.35", percent="15")
    assert of([only]).excl == D("419.90")
    assert discounted_price(only) == D("10.4975")


@pytest.mark.accept("A-58")
def test_prices_that_include_tax_add_up_to_the_total() -> None:
    found = of([line("1", "100.00")], prices_include_tax=True)
    assert sums(found) == (D("83.33"), D("16.67"), D("100.00"))
    assert found.lines == (D("100.00"),)
    assert found.lines_excl == (D("83.33"),)


def test_with_tax_included_the_base_is_taken_from_the_sum_of_a_rate() -> None:
    found = of([line("1", "0.99")] * 3, prices_include_tax=True)
    assert sums(found) == (D("2.48"), D("0.49"), D("2.97"))


@pytest.mark.accept("A-58")
def test_the_global_discount_is_taken_from_each_line() -> None:
    found = of([line("1", "1000.00")], global_discount=D(5))
    assert found.excl == D("950.00")
    assert found.discount == D("50.00")


def test_a_discount_for_each_unit_is_taken_before_the_quantity() -> None:
    assert of([line("3", "10.00", amount="0.333")]).excl == D("29.00")  # 29.001


def test_a_return_counts_against_the_rest() -> None:
    assert sums(of([line("2", "10.00"), line("-1", "10.00")])) == (D(10), D(2), D(12))


def test_yen_have_no_decimals() -> None:
    assert of([line("3", "33.5", "10")], places=0).excl == D(101)


def test_nothing_comes_to_nothing() -> None:
    assert sums(of([])) == (D(0), D(0), D(0))


def test_a_price_is_raised_by_its_tax_to_four_decimals() -> None:
    assert with_tax(D("2800.00"), D(20)) == D("3360.0000")


@pytest.mark.parametrize(
    ("percent", "amount", "overall", "found"),
    [
        ("0", "0", "0", "0"),
        ("15", "0", "0", "15"),
        ("0", "3", "0", "15"),
        ("10", "0", "5", "14.5"),
        ("0", "0", "20", "20"),
        ("100", "0", "50", "100"),
    ],
)
def test_the_discounts_of_a_line_and_of_the_quote_count_together(
    percent: str, amount: str, overall: str, found: str
) -> None:
    for quantity in ("1", "-2"):
        one = line(quantity, "20", percent=percent, amount=amount)
        assert effective_discount(one, D(overall)) == D(found)


def test_nothing_is_taken_off_what_costs_nothing() -> None:
    assert effective_discount(line("1", "0", percent="50"), D(10)) == 0


def test_the_largest_discount_is_rounded_up() -> None:
    lines = [line("1", "3", percent="15"), line("-1", "3", amount="1"), line("2", "0")]
    assert largest_discount(lines) == D("33.34")
    assert largest_discount(lines[:1]) == D(15)
    assert largest_discount(lines[:1], D("0.01")) == D("15.01")
    assert largest_discount(lines[2:], D(5)) == largest_discount([]) == 0
