"""The language that text is read and written in."""

from babel import Locale
from flask import has_request_context
from flask_babel import get_locale


def locale() -> Locale:
    """The reader's locale; English where there is no reader."""
    return (get_locale() if has_request_context() else None) or Locale("en")
