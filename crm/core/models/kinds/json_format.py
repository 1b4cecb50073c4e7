"""Values in JSON, independent of the language: those that it has no type for are texts."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from crm.core.models.kinds.base import Format
from crm.core.models.kinds.numeric import EXACT, number_expected
from crm.core.models.kinds.texts import words_expected
from crm.core.models.kinds.times import date_expected, offset_expected


class JsonFormat(Format):
    """The format of values that JSON has no type for."""

    def number(self, text: str, kind: str, places: int) -> Decimal:
        """A Decimal from "1234.50", as text, because JSON numbers are floats in most clients."""
        if not re.fullmatch(EXACT, text.strip()):
            raise ValueError(number_expected())
        return Decimal(text.strip())

    def whole(self, text: str, kind: str) -> int:
        raise ValueError(_("Enter a whole number."))

    def day(self, text: str) -> date:
        """A day as YYYY-MM-DD (RFC 3339)."""
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            try:
                return date.fromisoformat(text)
            except ValueError:
                pass
        raise ValueError(date_expected())

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
        raise ValueError(_("Answer yes or no."))

    def words(self, text: str) -> Any:
        raise ValueError(words_expected())


JSON = JsonFormat()
