"""The PDF of a quote, in its customer's language. Source: spec 8.6."""

from crm.quotes.pdf.document import printed_number, render

__all__ = ["printed_number", "render"]
