"""/quotes."""

from crm.quotes.views.quote import QuoteView

__all__ = ["QuoteView"]
