"""A value as text, both ways: as a person types it and as they read it, in their language."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale
from babel.dates import format_date
from babel.numbers import (
    format_currency,
    format_decimal,
    get_currency_precision,
    get_decimal_symbol,
    get_group_symbol,
)
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.core.models.checks import CONTROL, countries
from crm.core.models.dates import parse_date, parse_instant
from crm.core.models.fields import Spec
from crm.core.models.locale import locale
from crm.core.models.numbers import MINUS, number_format
from crm.core.types import fold

TRUE_WORDS = {"1", "true", "on", "yes", "y", "oui", "o", "vrai"}
# Of a fixed line, a mobile or a voice box: not what begins with 08, which is grouped otherwise.
FRENCH = re.compile(r"\+33([1-79])(\d\d)(\d\d)(\d\d)(\d\d)", re.ASCII)
FALSE_WORDS = {"0", "false", "off", "no", "n", "non", "faux", ""}


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
            return number_format(locale()).parse_int(text)
        case "percent" if not spec.places:
            return number_format(locale()).parse_int(text, "percent")
        case "decimal" | "money" | "percent":
            return parse_decimal(spec, text)
        case "date":
            return parse_date(text, zone)
        case "instant" | "next":
            return parse_instant(text, zone)
        case _:
            return text


def parse_decimal(spec: Spec, text: str) -> Decimal:
    """A number with the decimals of its field; more are refused, even where they are zeros.

    Who types 12,500 into an amount in French means thousands more often than 12,50.
    """
    value = number_format(locale()).read(text, spec.kind)
    if -int(value.as_tuple().exponent) > spec.places:
        raise ValueError(
            ngettext("At most %(num)s decimal.", "At most %(num)s decimals.", spec.places)
        )
    return value


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


# Writing what is stored ─────────────────────────────────────────────────────────────────────────


def format_value(  # noqa: C901  one case a kind: a table would be no shorter
    spec: Spec, value: Any, *, zone: str = "UTC", currency: str | None = None
) -> str:
    """`value` as the reader's language writes it; "" where there is none."""
    if value is None or value == "":
        return ""
    match spec.kind:
        case "money" if currency:
            return format_money(value, currency, spec.places)
        case "money":
            return format_number(value, 2, spec.places)
        case "decimal":
            return format_number(value, 0, spec.places)
        case "percent":
            return format_percent(value, spec.places)
        case "integer":
            return format_number(value)
        case "date":
            return format_day(value)
        case "instant" | "next":
            return format_instant(value, zone)
        case "boolean":
            return _("Yes") if value else _("No")
        case "phone":
            return format_phone(str(value))
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


def format_input(spec: Spec, value: Any, zone: str = "UTC") -> str:
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
        return format_day(value)
    if spec.kind == "phone":
        return format_phone(value)
    if spec.kind == "stars":
        return str(value or "")  # on screen, no star and no score are the same choice
    if isinstance(value, Enum):
        return str(value.value)
    return str(value)


def format_number(value: Decimal | int, least: int = 0, most: int = 3) -> str:
    """`value` with `least` to `most` decimals."""
    sign, size = (MINUS, -value) if value < 0 else ("", value)
    return _grouped(size, locale(), least, most, sign)


def _grouped(value: Decimal | int, tongue: Locale, least: int, most: int, sign: str = "") -> str:
    """By Python, whose rounding is Babel's: reading a pattern takes longer than all of this."""
    whole, _point, decimals = f"{value:,.{most}f}".partition(".")
    decimals = decimals[:least] + decimals[least:].rstrip("0")
    group, point = _separators(tongue)
    return f"{sign}{whole.replace(',', group)}{point if decimals else ''}{decimals}"


@lru_cache(maxsize=100)
def _separators(tongue: Locale) -> tuple[str, str]:
    return get_group_symbol(tongue), get_decimal_symbol(tongue)


def format_money(value: Decimal, currency: str, most: int = 2) -> str:
    """An amount with the decimals of its currency, and up to `most` of a unit price."""
    tongue, least = locale(), get_currency_precision(currency)
    before, after = _around(tongue, currency, value < 0)
    return f"{before}{_grouped(abs(value), tongue, least, max(least, most))}{after}"


@lru_cache(maxsize=1000)
def _around(tongue: Locale, currency: str, is_negative: bool) -> tuple[str, str]:
    """What stands before and behind an amount: its sign, its currency."""
    one = format_currency(-1 if is_negative else 1, currency, locale=tongue)
    before, _one, after = one.partition("1")
    return before.replace("-", MINUS), after.lstrip(f"{_separators(tongue)[1]}0")


def format_percent(value: Decimal | int, most: int = 3) -> str:
    number = format_number(value, 0, most)
    return f"{number}\u00a0%" if locale().language == "fr" else f"{number}%"


def format_day(value: date) -> str:
    tongue = locale()
    if tongue.language == "en":
        return f"{value.day} {_names(tongue, 'months')[value.month]} {value.year}"
    if tongue.language == "fr":
        return f"{value:%d/%m/%Y}"
    return format_date(value, "short", locale=tongue)


@lru_cache(maxsize=100)
def _names(tongue: Locale, of: str) -> Mapping[int, str]:
    """The short names of months or days: Babel reads its pattern anew for every date."""
    found: Mapping[int, str] = getattr(tongue, of)["format"]["abbreviated"]
    return dict(found)


def format_instant(value: datetime, zone: str) -> str:
    return format_local(value.astimezone(ZoneInfo(zone)))


def format_local(local: datetime) -> str:
    """The day and the time of an instant that is in the reader's zone already."""
    return f"{format_day(local.date())} {local:%H:%M}"


def format_near(value: datetime, zone: str, now: datetime | None = None) -> str:
    """Today 14:30, Wed 20 Jan 09:00 within thirty days, the date alone beyond."""
    local = value.astimezone(ZoneInfo(zone))
    return format_local_near(local, days_until(local, now))


def days_until(local: datetime, now: datetime | None = None) -> int:
    """How many days lie between today and an instant, in the zone of the instant."""
    today = (now or datetime.now(UTC)).astimezone(local.tzinfo).date()
    return (local.date() - today).days


def format_local_near(local: datetime, days: int) -> str:
    """What `format_near` says of an instant so many days away."""
    if days == 0:
        return f"{_('Today')} {local:%H:%M}"
    if abs(days) > 30:
        return format_day(local.date())
    tongue = locale()
    day = _names(tongue, "days")[local.weekday()]
    if tongue.language == "fr":
        return f"{day} {local:%d/%m %H:%M}"
    return f"{day} {local.day} {_names(tongue, 'months')[local.month]} {local:%H:%M}"


@lru_cache(maxsize=10_000)
def format_phone(value: str) -> str:
    """As dialled at home where it is a French number, else with its country's prefix."""
    if plain := FRENCH.fullmatch(value):
        return "0" + " ".join(plain.groups())  # as below, in a hundredth of the time
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
