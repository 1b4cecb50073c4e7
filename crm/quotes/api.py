"""/api/v1/quotes."""

from crm.core.api import ModelRestApi
from crm.quotes.fields import LINE
from crm.quotes.views import QuoteView


class QuoteApi(ModelRestApi):
    """Quotes with their lines, by the declarations of their pages."""

    view = QuoteView
    children = {"lines": (*LINE, "total_excl")}
