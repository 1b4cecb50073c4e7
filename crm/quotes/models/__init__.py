"""The tables of the slice."""

from crm.quotes.models.line import LineKind, QuoteLine, amounts
from crm.quotes.models.product import Product, Unit, VatRate
from crm.quotes.models.quote import Quote
from crm.quotes.models.status import OPEN, UNANSWERED, QuoteStatus

__all__ = [
    "OPEN",
    "UNANSWERED",
    "LineKind",
    "Product",
    "Quote",
    "QuoteLine",
    "QuoteStatus",
    "Unit",
    "VatRate",
    "amounts",
]
