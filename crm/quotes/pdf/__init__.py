"""The PDF of a quote, in its customer's language. Source: spec 8.6."""

from crm.quotes.pdf.document import render

__all__ = ["render"]
