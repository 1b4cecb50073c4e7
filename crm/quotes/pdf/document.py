"""A quote as a PDF."""

from pathlib import Path

from flask_babel import force_locale

from crm.core.files.typesetting import typeset
from crm.quotes.models import Quote, printed_number
from crm.quotes.pdf import content, parties

TEMPLATE = Path(__file__).with_name("quote.typ")


def render(quote: Quote, number: str | None = None, version: int = 1) -> bytes:
    """The PDF of a quote as it is in the session; without a number, it is marked as a draft.

    The same whoever asks for it: the people and the account it names are read past the row filter.
    It takes a tenth of a second, so call it before the transaction.
    """
    named = parties.of(quote)
    with force_locale(named.language):
        shown = printed_number(number, version) if number else None
        data = content.of(quote, named, shown)
        return typeset(TEMPLATE, data, quote.issued_on)
