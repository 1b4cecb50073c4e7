"""What an accepted quote says of its opportunity's recurring revenue. Source: spec 7.5 and 8.1."""

from decimal import ROUND_CEILING, Decimal
from typing import Any

from crm.companies.settings import setting
from crm.core.models import spec_of
from crm.core.types import round_half_up
from crm.opportunities.models import Opportunity
from crm.quotes import totals
from crm.quotes.models import Quote, QuoteLine

LONGEST = 120  # months


def proposal(quote: Quote) -> dict[str, Any]:
    """Values that the Win dialog proposes for the opportunity of `quote`, without tax.

    Lines of several periods become one amount of the shortest, for as long as the longest of them
    runs, so that the recurring total is what the lines come to. Of a quote without recurring
    lines, or while recurring revenue is not managed, only the amount; of one in another currency
    than its opportunity's, nothing.
    """
    deal = quote.opportunity
    if deal is not None and deal.currency != quote.currency:
        return {}
    lines = [line for line in quote.lines if line.is_item and line.recurring_period]
    total = sum((line.total_excl or Decimal(0) for line in lines), Decimal(0))
    if total <= 0 or not setting("manage_recurring"):
        return {"amount": quote.total_excl}
    period = min(line.recurring_period or 1 for line in lines)
    months = min(max(map(_months, lines)), LONGEST)
    return {
        "amount": quote.total_excl - total,
        "recurring_amount": round_half_up(total * period / months, totals.places(quote.currency)),
        "recurring_period": period,
        "recurring_duration": months,
    }


def _months(line: QuoteLine) -> int:
    """The duration of a line; begun months count."""
    if line.recurring_duration is not None:
        return line.recurring_duration
    months = abs(line.quantity or Decimal(1)) * (line.recurring_period or 1)
    return max(1, int(months.to_integral_value(ROUND_CEILING)))


def proposed_texts(quote: Quote) -> dict[str, str]:
    """`proposal` as the inputs of the opportunity have it."""
    return {
        name: spec_of(Opportunity, name).typed(value) for name, value in proposal(quote).items()
    }
