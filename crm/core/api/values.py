"""Parsing of JSON values, independent of the language."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from crm.core.datamodel.filters import FilterFormat
from crm.core.models import Spec
from crm.core.models.kinds import CONTROL, Format, refuse_longer
from crm.core.models.kinds.numeric import EXACT
from crm.core.models.kinds.texts import words_expected
from crm.core.models.kinds.times import offset_expected


class JsonFormat(Format):
    """The format of values that JSON has no type for."""

    def number(self, text: str, kind: str, places: int) -> Decimal:
        """A Decimal from "1234.50", as text, because JSON numbers are floats in most clients."""
        if not re.fullmatch(EXACT, text.strip()):
            raise ValueError(_("A number is expected, for example %(example)s.", example="1234.50"))
        return Decimal(text.strip())

    def whole(self, text: str, kind: str) -> int:
        raise ValueError(_("A whole number is expected."))

    def day(self, text: str) -> date:
        """A day as YYYY-MM-DD (RFC 3339)."""
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            try:
                return date.fromisoformat(text)
            except ValueError:
                pass
        raise ValueError(_("A date is expected, for example 2027-01-31."))

    def moment(self, text: str) -> datetime:
        """A datetime as in RFC 3339; the offset is required."""
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise ValueError(offset_expected()) from error
        if moment.tzinfo is None or not 1900 <= moment.year <= 2200:
            raise ValueError(offset_expected())
        return moment

    def boolean(self, text: str) -> bool:
        raise ValueError(_("Yes or no is expected."))

    def words(self, text: str) -> Any:
        raise ValueError(words_expected())


class JsonFilterFormat(JsonFormat, FilterFormat):
    """The format of filter values of the API: JSON, or text."""

    def whole(self, text: str, kind: str) -> int:
        number = self.number(text, kind, 0)
        if number != number.to_integral_value():
            raise ValueError(_("A whole number is expected."))
        return int(number)

    def boolean(self, text: str) -> bool:
        return FilterFormat.boolean(self, text)

    def last(self, moment: Any, text: str) -> Any:
        return moment


JSON = JsonFormat()
JSON_FILTER = JsonFilterFormat()


def value_of(spec: Spec, raw: Any) -> Any:
    """The Python value of a JSON value, validated without the row.

    Raises ValueError with a sentence.
    """
    if isinstance(raw, str):
        refuse_longer(raw, spec.longest)  # as it came, as the description says
        raw = CONTROL.sub("", raw)
        raw = spec.kind.parse(spec, raw, JSON) if raw.strip() else None
    elif raw is not None:
        raw = spec.kind.from_json(spec, raw)
    return raw if raw is not None and spec.kind.needs_row else spec.clean(raw)
