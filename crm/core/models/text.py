"""A value as text, both ways: as a person types it and as they read it, in their language."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, get_decimal_symbol
from flask import has_request_context
from flask_babel import get_locale
from flask_babel import gettext as _

from crm.core.models.checks import CONTROL, countries
from crm.core.models.fields import Spec
from crm.core.types import fold

MINUS = "\u2212"
NARROW = "\u202f"
TRUE_WORDS = {"1", "true", "on", "yes", "y", "oui", "o", "vrai"}
FALSE_WORDS = {"0", "false", "off", "no", "n", "non", "faux", ""}


def locale() -> Locale:
    """The reader's locale; English where there is no reader."""
    return (get_locale() if has_request_context() else None) or Locale("en")


# Reading what was typed ─────────────────────────────────────────────────────────────────────────


def parse(spec: Spec, text: str, zone: str = "UTC") -> Any:
    """The value that `text` means in the reader's language; None where it is empty.

    Raises ValueError with a sentence for the user. Instants are read in `zone`.
    """
    text = CONTROL.sub("", text.replace("\r\n", "\n")).strip()
    if spec.kind == "boolean":
        return parse_boolean(text)
    if not text:
        return None
    match spec.kind:
        case "integer" | "stars":
            return parse_integer(text)
        case "decimal" | "money":
            return parse_decimal(text)
        case "percent":
            return parse_decimal(text) if spec.places else parse_integer(text)
        case "date":
            return parse_date(text)
        case "instant" | "next":
            return parse_instant(text, zone)
        case _:
            return text


def parse_number(text: str) -> int | None:
    """The id or count that a program put into an address or a form; None where it is none.

    Shorter than what a database refuses, and than what int() refuses to read.
    """
    return int(text) if text.isdecimal() and len(text) < 10 else None


def parse_boolean(text: str) -> bool:
    word = text.casefold()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError(_("Yes or no is expected."))


def parse_integer(text: str) -> int:
    number = parse_decimal(text)
    if number != number.to_integral_value():
        raise ValueError(_("A whole number is expected."))
    return int(number)


def parse_decimal(text: str) -> Decimal:
    """1 234,50 in French, 1,234.50 in English; a point is always understood."""
    plain = re.sub(r"[\s\u00a0\u202f%€$£]", "", text).replace(MINUS, "-")
    mark = get_decimal_symbol(locale())
    if mark == "," and "," in plain:
        plain = plain.replace(".", "").replace(",", ".")
    elif mark == "." and re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d*)?", plain):
        plain = plain.replace(",", "")
    if not re.fullmatch(r"[+-]?(\d{1,18}(\.\d{0,9})?|\.\d{1,9})", plain):
        raise ValueError(_("A number is expected."))
    try:
        return Decimal(plain)
    except InvalidOperation as error:
        raise ValueError(_("A number is expected.")) from error


def parse_date(text: str, today: date | None = None) -> date:
    """31/1, 31/01/27, 31/01/2027, 2027-01-31, 31 Jan 2027, today, tomorrow, +3."""
    today = today or datetime.now(UTC).date()
    word = text.casefold()
    near = {_("today"): 0, _("tomorrow"): 1, _("yesterday"): -1, "today": 0, "tomorrow": 1}
    if word in near:
        return today + timedelta(days=near[word])
    if re.fullmatch(r"[+-]\d{1,4}", word):
        return today + timedelta(days=int(word))
    if found := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", word):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := re.fullmatch(r"(\d{1,2})[/.\- ](\d{1,2})(?:[/.\- ](\d{2}|\d{4}))?", word):
        year = int(found[3]) if found[3] else today.year
        return _day(year + 2000 if year < 100 else year, int(found[2]), int(found[1]))
    if found := re.fullmatch(r"(\d{1,2}) ([^\W\d]+)\.? (\d{4})", word):
        return _day(int(found[3]), _month(found[2]), int(found[1]))
    raise ValueError(_("This is not a date, for example 31/01/2027."))


def _day(year: int, month: int, day: int) -> date:
    if not 1 <= month <= 12:
        raise ValueError(_("There are twelve months."))
    try:
        return date(year, month, day)
    except ValueError as error:
        raise ValueError(_("This month has no day %(day)s.", day=day)) from error


def _month(word: str) -> int:
    for tongue in (locale(), Locale("en")):
        for width in ("wide", "abbreviated"):
            for number, name in tongue.months["format"][width].items():
                if name.casefold().rstrip(".") == word.rstrip("."):
                    return int(number)
    raise ValueError(_("This is not a date, for example 31/01/2027."))


def parse_instant(text: str, zone: str) -> datetime:
    """A day and a time in `zone`: 2027-01-31T14:00 as browsers send it, or 31/01/2027 14:00."""
    found = re.fullmatch(
        r"(.+?)(?:T| +(?=\d{1,2}[:h]))(\d{1,2})[:h](\d{2})(?::\d{2})?", text.strip()
    )
    if not found:
        raise ValueError(_("A date and time are expected, for example 31/01/2027 14:00."))
    hour, minute = int(found[2]), int(found[3])
    if hour > 23 or minute > 59:
        raise ValueError(_("This is not a time of the day, for example 14:00."))
    moment = datetime.combine(parse_date(found[1].strip()), time(hour, minute), ZoneInfo(zone))
    # A time that does not exist that day (clocks go forward) becomes the one an hour later.
    return moment.astimezone(UTC)


# Writing what is stored ─────────────────────────────────────────────────────────────────────────


def written(  # noqa: C901  one case a kind: a table would be no shorter
    spec: Spec, value: Any, *, zone: str = "UTC", currency: str | None = None
) -> str:
    """`value` as the reader's language writes it; "" where there is none."""
    if value is None or value == "":
        return ""
    match spec.kind:
        case "money" if currency:
            return write_money(value, currency)
        case "money":
            return write_number(value, 2)
        case "decimal":
            return write_number(value)
        case "percent":
            return write_percent(value)
        case "integer":
            return write_number(value)
        case "date":
            return write_date(value)
        case "instant" | "next":
            return write_instant(value, zone)
        case "boolean":
            return _("Yes") if value else _("No")
        case "phone":
            return write_phone(str(value))
        case "country":
            return country_name(str(value))
        case "language":
            return language_name(str(value))
        case "stars":
            return _("%(score)s out of 5", score=value)
        case "hue":
            return hue_name(str(value))
    if spec.choices is not None:
        stored = value.value if isinstance(value, Enum) else value
        return str(spec.choices.get(str(stored), stored))
    if isinstance(value, Iterable) and spec.kind == "references":
        return ", ".join(str(item) for item in value)
    return str(value)


def typed(spec: Spec, value: Any, zone: str = "UTC") -> str:
    """`value` as it stands in an input: what `parse` reads back unchanged."""
    if value is None:
        return ""
    if spec.kind in ("decimal", "money") or (spec.kind == "percent" and spec.places):
        least = 2 if spec.kind == "money" else 0
        return format_decimal(
            value, format="0." + "0" * least + "#" * (spec.places - least), locale=locale()
        )
    if spec.kind == "instant":
        return f"{value.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"
    if spec.kind == "date":
        return write_date(value)
    if spec.kind == "phone":
        return write_phone(value)
    if isinstance(value, Enum):
        return str(value.value)
    return str(value)


def write_number(value: Decimal | int, places: int | None = None) -> str:
    shape = "#,##0.###" if places is None else "#,##0." + "0" * places
    return _signed(format_decimal(value, format=shape, locale=locale(), decimal_quantization=False))


def write_money(value: Decimal, currency: str) -> str:
    return _signed(format_currency(value, currency, locale=locale(), currency_digits=True))


def write_percent(value: Decimal | int) -> str:
    number = write_number(value)
    return f"{number}\u00a0%" if locale().language == "fr" else f"{number}%"


def _signed(text: str) -> str:
    return text.replace("-", MINUS)


def write_date(value: date) -> str:
    if locale().language == "en":
        return format_date(value, "d MMM y", locale=locale())
    if locale().language == "fr":
        return f"{value:%d/%m/%Y}"
    return format_date(value, "short", locale=locale())


def write_instant(value: datetime, zone: str) -> str:
    local = value.astimezone(ZoneInfo(zone))
    return f"{write_date(local.date())} {local:%H:%M}"


def write_near(value: datetime, zone: str, now: datetime | None = None) -> str:
    """Today 14:30, Wed 20 Jan 09:00 within thirty days, the date alone beyond."""
    local = value.astimezone(ZoneInfo(zone))
    days = (local.date() - (now or datetime.now(UTC)).astimezone(ZoneInfo(zone)).date()).days
    if days == 0:
        return f"{_('Today')} {local:%H:%M}"
    if abs(days) > 30:
        return write_date(local.date())
    shape = "EEE dd/MM HH:mm" if locale().language == "fr" else "EEE d MMM HH:mm"
    return format_datetime(local, shape, locale=locale())


def write_phone(value: str) -> str:
    """As dialled at home where it is a French number, else with its country's prefix."""
    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return value
    shape = (
        phonenumbers.PhoneNumberFormat.NATIONAL
        if number.country_code == 33
        else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return phonenumbers.format_number(number, shape)


def country_name(code: str) -> str:
    return str(locale().territories.get(code, code))


def language_name(code: str) -> str:
    """A language by its own name: français, English."""
    name = Locale.parse(code).get_display_name(code) or code
    return name[0].upper() + name[1:]


def hue_name(hue: str) -> str:
    """The word for one of the eight hues."""
    return {
        "gray": _("Gray"), "blue": _("Blue"), "teal": _("Teal"), "green": _("Green"),
        "amber": _("Amber"), "red": _("Red"), "pink": _("Pink"), "violet": _("Violet"),
    }[hue]  # fmt: skip


def country_choices() -> list[tuple[str, str]]:
    """(code, name) in the reader's language, sorted as they read."""
    return sorted(((c, country_name(c)) for c in countries()), key=lambda pair: fold(pair[1]))
