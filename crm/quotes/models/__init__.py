"""The tables of the slice."""

from crm.quotes.models.line import LineKind, QuoteLine, amounts
from crm.quotes.models.link import QuoteLink
from crm.quotes.models.product import PERIODS, Product, ProductPrice, Unit, VatRate
from crm.quotes.models.quote import Quote, printed_number
from crm.quotes.models.status import OPEN, UNANSWERED, QuoteStatus

__all__ = [
    "OPEN",
    "PERIODS",
    "UNANSWERED",
    "LineKind",
    "Product",
    "ProductPrice",
    "Quote",
    "QuoteLine",
    "QuoteLink",
    "QuoteStatus",
    "Unit",
    "VatRate",
    "amounts",
    "printed_number",
]
