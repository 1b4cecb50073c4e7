"""Recurring revenue, to the cent and to the day."""

from datetime import date
from decimal import Decimal

import pytest

from crm.opportunities import recurring

D = Decimal


@pytest.mark.accept("A-51")
@pytest.mark.parametrize(
    ("amount", "period", "duration", "total", "monthly"),
    [
        ("450.00", 1, 12, "5400.00", "450.00"),
        ("1200.00", 3, 18, "7200.00", "400.00"),
        ("999.99", 12, 30, "2499.98", "83.33"),
        ("1200.00", 3, 7, "2800.00", "400.00"),
        ("0.00", 6, 120, "0.00", "0.00"),
        ("0.01", 12, 6, "0.01", "0.00"),
    ],
)
def test_total_is_rounded_once_and_monthly_half_up(
    amount: str, period: int, duration: int, total: str, monthly: str
) -> None:
    assert recurring.total(D(amount), period, duration) == D(total)
    assert recurring.monthly(D(amount), period) == D(monthly)


@pytest.mark.accept("A-52")
@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2027, 1, 15), 12, date(2028, 1, 15)),
        (date(2027, 1, 15), 18, date(2028, 7, 15)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2027, 12, 31), 1, date(2028, 1, 31)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2027, 1, 1), 120, date(2037, 1, 1)),
    ],
)
def test_end_is_the_same_day_or_the_last_of_the_month(start: date, months: int, end: date) -> None:
    assert recurring.end(start, months) == end
