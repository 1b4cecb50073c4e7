"""The tables of the slice."""

from crm.quotes.models.product import Product, Unit, VatRate
from crm.quotes.models.quote import LineKind, Quote, QuoteLine, QuoteStatus

__all__ = ["LineKind", "Product", "Quote", "QuoteLine", "QuoteStatus", "Unit", "VatRate"]
