"""The approval of discounts above the ceiling. Source: spec 8.5."""

from collections.abc import Iterator
from decimal import Decimal

from flask_babel import gettext as _

from crm.companies.defaults import current_user_or_none
from crm.companies.settings import setting
from crm.core.actor import Scope, find_actor
from crm.core.datamodel.filters import filter_number
from crm.core.datamodel.saving import flush
from crm.core.errors import DomainError, Forbidden
from crm.core.models.text import format_percent
from crm.core.types import utcnow
from crm.quotes import totals
from crm.quotes.models import Quote, QuoteLine
from crm.quotes.services.states import Act, require

ABOVE = "above_ceiling"  # the value of a filter


def ceiling() -> Decimal:
    """The largest discount without approval, in per cent."""
    return Decimal(setting("quote_discount_ceiling"))


@filter_number(ABOVE)
def least_above() -> Decimal:
    """The smallest of `largest_discount` above the ceiling."""
    return ceiling() + Decimal("0.01")


def discounts_above(quote: Quote, limit: Decimal) -> Iterator[tuple[QuoteLine, Decimal]]:
    """(line, effective discount in per cent) of the items above `limit`."""
    given = quote.global_discount or Decimal(0)
    for line in quote.lines:
        if line.is_item:
            found = totals.effective_discount(line.facts, given)
            if found > limit:
                yield line, found


def needs_approval(quote: Quote) -> bool:
    """Whether a line's discount is above the ceiling, and nobody has approved it."""
    return quote.approved_by_id is None and any(discounts_above(quote, ceiling()))


def may_approve() -> bool:
    """Whether the actor edits quotes with scope company or more. Source: spec 1.3."""
    actor = find_actor()
    return actor is None or actor.widest_scope("edit", Quote.__entity__) >= Scope.COMPANY


def require_approval(quote: Quote) -> None:
    """Raises DomainError on `global_discount` where an approval is missing that the actor needs."""
    if needs_approval(quote) and not may_approve():
        message = _(
            "A discount is above %(ceiling)s: somebody who may approve it has to do so first.",
            ceiling=format_percent(ceiling()),
        )
        raise DomainError(message, field="global_discount")


def approve(quote: Quote) -> None:
    """Approve the discounts of a draft. Raises DomainError, Forbidden."""
    require(quote, Act.APPROVE)
    _require_right()
    if not needs_approval(quote):
        raise DomainError(_("This quote needs no approval."))
    quote.approved_by, quote.approved_at = current_user_or_none(), utcnow()
    flush()


def withdraw(quote: Quote) -> None:
    """Take the approval of a draft back. Raises DomainError, Forbidden."""
    require(quote, Act.APPROVE)
    _require_right()
    quote.approved_by = quote.approved_at = None
    flush()


def _require_right() -> None:
    if not may_approve():
        raise Forbidden(_("You are not allowed to approve this quote."))
