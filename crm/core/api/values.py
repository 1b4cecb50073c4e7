"""A JSON value → the Python value of a field, in one way for every language."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from crm.core.config import languages
from crm.core.models import Spec
from crm.core.models.checks import CONTROL, LONGEST, clean

EXACT = r"[+-]?[0-9]{1,18}(\.[0-9]{1,9})?"
# Their rules ask for the country of the row, which the flush knows.
CHECKED_LATER = ("phone", "postal_code")


def value_of(spec: Spec, raw: Any, is_number: bool = False) -> Any:
    """The Python value of a JSON one, as far as the field alone can say.

    `is_number` tells a choice that is kept as a number. Raises ValueError with a sentence.
    """
    if raw is None:
        return clean(spec, None)
    if isinstance(raw, str):
        longest = LONGEST if spec.kind == "longtext" else spec.length
        if longest is not None and len(raw) > longest:  # as it came, as the description says
            message = ngettext("At most %(num)s character.", "At most %(num)s characters.", longest)
            raise ValueError(message)
        raw = CONTROL.sub("", raw)
        if not raw.strip():
            return clean(spec, None)
    value = _typed(spec, raw, is_number)
    return value if spec.kind in CHECKED_LATER else clean(spec, value)


def _typed(spec: Spec, raw: Any, is_number: bool) -> Any:
    match spec.kind:
        case "decimal" | "money":
            return read_exact(raw)
        case "percent":
            return read_exact(raw) if spec.places else raw
        case "date":
            return read_date(raw)
        case "instant":
            return read_instant(raw)
        case "choice" if is_number and isinstance(raw, str) and raw.isascii() and raw.isdecimal():
            return int(raw)
        case "translated":
            return _read_words(raw)
        case "integer" | "stars" | "boolean" | "choice":
            return raw
        case _ if not isinstance(raw, str):
            raise ValueError(_("Text is expected."))
        case _:
            return raw


def read_exact(raw: Any) -> Decimal:
    """A Decimal from "1234.50" or a whole number; JSON's own 1234.50 is a float to most."""
    if isinstance(raw, float):
        raise ValueError(_("Send this number as text, for example “1234.50”."))
    if isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) < 10**18:
        return Decimal(raw)
    if not isinstance(raw, str) or not re.fullmatch(EXACT, raw.strip()):
        raise ValueError(_("A number is expected, for example %(example)s.", example="1234.50"))
    return Decimal(raw.strip())


def read_date(raw: Any) -> date:
    """A day as YYYY-MM-DD (RFC 3339)."""
    if not isinstance(raw, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", raw):
        raise ValueError(_("A date is expected, for example 2027-01-31."))
    try:
        return date.fromisoformat(raw)
    except ValueError as error:
        raise ValueError(_("A date is expected, for example 2027-01-31.")) from error


def read_instant(raw: Any) -> datetime:
    """An aware datetime as in RFC 3339. Without an offset nobody knows which moment is meant."""
    sentence = _("An instant with its offset is expected, for example 2027-01-31T14:00:00Z.")
    if not isinstance(raw, str) or len(raw) > 40:
        raise ValueError(sentence)
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError as error:
        raise ValueError(sentence) from error
    if moment.tzinfo is None or not 1900 <= moment.year <= 2200:
        raise ValueError(sentence)
    return moment


def _read_words(raw: Any) -> Any:
    if not isinstance(raw, dict) or not raw.keys() <= set(languages()):
        raise ValueError(_("An object of texts by language is expected, for example {“en”: “…”}."))
    return raw
