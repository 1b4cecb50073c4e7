"""What of a quote has changed since it was loaded."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect
from sqlalchemy.orm import object_session

from crm.companies.rules import changed
from crm.quotes.models.status import QuoteStatus

if TYPE_CHECKING:
    from crm.quotes.models.quote import Quote

# What a finalised quote says; only a draft's can be changed (spec 8.4).
CONTENT = (
    "title",
    "customer_reference",
    "issued_on",
    "currency",
    "billing_address",
    "delivery_address",
    "prices_include_tax",
    "global_discount",
    "intro",
    "conditions",
    "internal_note",
)
PRICES = ("currency", "prices_include_tax", "global_discount")
CONTENT_LINKS = ("account", "contact", "opportunity")


def is_finalised(quote: "Quote") -> bool:
    """Whether it was no draft when it was loaded, and is none now."""
    drafts = (None, QuoteStatus.DRAFT)
    return bool(inspect(quote).has_identity) and not (
        quote.status in drafts or status_before(quote) in drafts
    )


def status_before(quote: "Quote") -> QuoteStatus:
    """The status that it was loaded with."""
    history: Any = inspect(quote).attrs.status.history
    found: QuoteStatus = history.deleted[0] if history.deleted else quote.status
    return found


def changed_content(quote: "Quote") -> list[str]:
    """The fields of a finalised quote that were changed though they must not be."""
    state: Any = inspect(quote)
    touched = [name for name in CONTENT if state.attrs[name].history.has_changes()]
    touched += [name for name in CONTENT_LINKS if changed(quote, name)]
    # The validity of an expired quote is extended together with its status.
    is_moved = status_before(quote) != quote.status
    if state.attrs.valid_until.history.has_changes() and not is_moved:
        touched.append("valid_until")
    return [*touched, "lines"] if has_changed_lines(quote) else touched


def has_changed_prices(quote: "Quote") -> bool:
    """Whether what it costs was changed, which an approval does not outlive."""
    state: Any = inspect(quote)
    is_other = any(state.attrs[name].history.has_changes() for name in PRICES)
    return is_other or has_changed_lines(quote)


def has_changed_lines(quote: "Quote") -> bool:
    """Whether lines were added, changed or taken away."""
    state: Any = inspect(quote)
    session = object_session(quote)
    if "lines" not in state.dict:
        return False  # not loaded
    is_other: bool = state.attrs.lines.history.has_changes()
    return is_other or any(
        session is not None and session.is_modified(line) for line in quote.lines
    )
