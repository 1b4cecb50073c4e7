"""Parsing of typed numbers: one strict grammar a language, for form, filter and import.

A text has exactly one meaning in a language, or it is refused; nothing is rounded or skipped.
French reads 1 234,50 and English 1,234.50, also with the spaces and currency signs of Excel. In
French a point is a decimal sign too, as keypads type it, except where it could be a thousands
separator: 12.5 is read, 12.500 is refused, and 12.500,00 is read because its comma settles it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property

from babel import Locale
from babel.numbers import get_decimal_symbol, get_group_symbol, list_currencies
from flask_babel import gettext as _

MINUS = "\u2212"
SPACES = " \u00a0\u202f\u2009"
APOSTROPHES = "'\u2019"
LONGEST = 60  # characters of a number with all that may stand around it
WHOLE = "[0-9]{1,18}"  # more digits than any column takes
PART = "[0-9]{0,15}"
SIGN = rf"[+\-{MINUS}]?"
BLANK = rf"[{SPACES}]*"
CODES = frozenset(list_currencies()) | frozenset("$£€¥")


@dataclass(frozen=True)
class NumberFormat:
    """The separators of a language. Each of `groups` may separate groups of three digits.

    `has_point`: whether a point is understood beside a decimal comma, where it is no group sign.
    `units`: the currency signs and codes that may stand beside an amount.
    """

    decimal: str
    groups: tuple[str, ...] = ()
    has_point: bool = False
    units: frozenset[str] = CODES

    def read(self, text: str, kind: str = "decimal") -> Decimal:
        """The number that `text` means; with a currency for "money", a % for "percent".

        Raises ValueError with a sentence for the user.
        """
        minus, digits = self._split(text.strip(), kind)
        for shape in self._shapes:
            if found := shape.fullmatch(digits):
                whole = re.sub("[^0-9]", "", found["whole"])
                part = f".{found['part']}" if found["part"] else ""
                return Decimal(f"{minus}{whole or 0}{part}")
        raise ValueError(_("Enter a number, such as %(example)s.", example=self.example))

    def parse_int(self, text: str, kind: str = "integer") -> int:
        """As `read`, for a number without decimals."""
        number = self.read(text, kind)
        if number != number.to_integral_value():
            example = self.example.partition(self.decimal)[0]
            raise ValueError(_("Enter a whole number, such as %(example)s.", example=example))
        return int(number)

    def write(self, value: Decimal) -> str:
        """All digits of `value`, without groups: what `read` takes for the same number."""
        return f"{value:f}".replace(".", self.decimal)

    @property
    def example(self) -> str:
        """A number as it may be typed."""
        return f"1{self.groups[0][0] if self.groups else ''}234{self.decimal}50"

    def _split(self, text: str, kind: str) -> tuple[str, str]:
        """The sign and the digits; no digits where more than one sign or unit stands there."""
        frame = self._frames.get(kind, self._frames[""])
        found = frame.fullmatch(text) if len(text) <= LONGEST else None
        if found is None or (found["sign"] and found["inner"]):
            return "", ""
        if found["before"] and found["after"]:
            return "", ""
        is_negative = (found["sign"] or found["inner"]) in ("-", MINUS)
        return "-" if is_negative else "", found["digits"]

    @cached_property
    def _frames(self) -> dict[str, re.Pattern[str]]:
        """kind → pattern of signs and units around the digits."""
        signs = "|".join(re.escape(unit) for unit in sorted(self.units, key=len, reverse=True))
        return {"money": _frame(signs), "percent": _frame("%"), "": _frame("(?!)")}

    @cached_property
    def _shapes(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(shape) for shape in self._patterns())

    def _patterns(self) -> Iterator[str]:
        """The forms of a number: no text matches two of them."""
        decimal = re.escape(self.decimal)
        yield rf"(?P<whole>{WHOLE})(?:{decimal}(?P<part>{PART}))?"
        yield rf"(?P<whole>){decimal}(?P<part>[0-9]{PART})"
        for group in self.groups:
            yield rf"(?P<whole>{_grouped(group)})(?:{decimal}(?P<part>{PART}))?"
        if self.has_point:
            spaced = _grouped(SPACES)
            yield rf"(?!{_grouped('.')}\Z)(?P<whole>{WHOLE}|{spaced})\.(?P<part>{PART})"
            yield rf"(?P<whole>){re.escape('.')}(?P<part>[0-9]{PART})"
            yield rf"(?P<whole>{_grouped('.')}){decimal}(?P<part>[0-9]{PART})"


def _frame(units: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?P<sign>{SIGN}){BLANK}(?P<before>{units})?{BLANK}(?P<inner>{SIGN}){BLANK}"
        rf"(?P<digits>[0-9.,](?:[^+\-%a-z]*[0-9.,])?){BLANK}(?P<after>{units})?",
        re.IGNORECASE,
    )


def _grouped(signs: str) -> str:
    """Groups of exactly three digits, separated by one of `signs`, never after a leading zero."""
    return rf"[1-9][0-9]{{0,2}}(?:[{re.escape(signs)}][0-9]{{3}}){{1,5}}"


@cache
def number_format(locale: Locale) -> NumberFormat:
    decimal, group = get_decimal_symbol(locale), get_group_symbol(locale)
    alike = next((signs for signs in (SPACES, APOSTROPHES) if group in signs), group)
    # The language's own separator first: examples use it.
    groups = [group + alike.replace(group, ""), *([SPACES] if alike != SPACES else [])]
    names = (name for name in locale.currency_symbols.values() if not re.search("[0-9]", name))
    return NumberFormat(decimal, tuple(groups), decimal == "," and group != ".", CODES | set(names))


@cache
def file_number_format(decimal: str) -> NumberFormat:
    return NumberFormat(decimal, ("," if decimal == "." else ".", SPACES))
