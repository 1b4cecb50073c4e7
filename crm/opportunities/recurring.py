"""The arithmetic of recurring revenue. Source: spec 7.5."""

from calendar import monthrange
from datetime import date
from decimal import Decimal

from crm.core.types import round_half_up


def monthly(amount: Decimal, period_months: int) -> Decimal:
    """The revenue of a month, of an `amount` per period.

    >>> monthly(Decimal("1200.00"), 3)
    Decimal('400.00')
    """
    return round_half_up(amount / period_months)


def total(amount: Decimal, period_months: int, duration_months: int) -> Decimal:
    """The revenue of the whole duration; rounded once.

    >>> total(Decimal("999.99"), 12, 30)
    Decimal('2499.98')
    """
    return round_half_up(amount * duration_months / period_months)


def end(start: date, duration_months: int) -> date:
    """The first day no longer covered: the same day number, else the month's last day.

    >>> end(date(2027, 8, 31), 6)
    datetime.date(2028, 2, 29)
    """
    years, month = divmod(start.month - 1 + duration_months, 12)
    year = start.year + years
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
