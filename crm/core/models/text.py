"""Formatting of numbers, amounts, dates and phone numbers in the reader's language."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale
from babel.dates import format_date
from babel.numbers import (
    format_currency,
    get_currency_precision,
    get_decimal_symbol,
    get_group_symbol,
)
from flask_babel import gettext as _
from flask_babel import pgettext

from crm.core.models.locale import locale
from crm.core.models.numbers import MINUS
from crm.core.types import round_half_up

# French goes on in lower case after a colon; abbreviations such as N° keep their capital.
SENTENCE = re.compile(r"\w(?=’|\s?[^\W\d_A-ZÀ-Þ])")
# Without numbers that begin with 08, whose digits are grouped differently.
FRENCH = re.compile(r"\+33([1-79])(\d\d)(\d\d)(\d\d)(\d\d)", re.ASCII)


def parse_number(text: str) -> int | None:
    """The non-negative integer in a URL or a form; None for anything else.

    At most nine digits, which both int() and the database accept.
    """
    return int(text) if text.isdecimal() and len(text) < 10 else None


def labelled(label: object, message: object) -> str:
    """ "label: message", as the language writes it."""
    text = str(message)
    if locale().language == "fr" and SENTENCE.match(text):
        text = text[0].lower() + text[1:]
    colon = pgettext("punctuation", ": ")
    return f"{label}{colon}{text}"


def format_number(value: Decimal | int, least: int = 0, most: int = 3) -> str:
    """`value` with `least` to `most` decimals."""
    sign, size = (MINUS, -value) if value < 0 else ("", value)
    return _grouped(size, locale(), least, most, sign)


def _grouped(value: Decimal | int, tongue: Locale, least: int, most: int, sign: str = "") -> str:
    """Formatted by Python, which rounds like Babel but is much faster."""
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
    """The texts before and after an amount: sign and currency."""
    one = format_currency(-1 if is_negative else 1, currency, locale=tongue)
    before, _one, after = one.partition("1")
    return before.replace("-", MINUS), after.lstrip(f"{_separators(tongue)[1]}0")


def format_percent(value: Decimal | int, most: int = 3) -> str:
    number = format_number(value, 0, most)
    return f"{number}\u00a0%" if locale().language == "fr" else f"{number}%"


def format_size(count: int) -> str:
    """A number of bytes, in kB or MB."""
    if count < 1_000_000:
        return str(_("%(size)s kB", size=format_number(max(round(count / 1000), 1))))
    return str(_("%(size)s MB", size=format_number(round_half_up(Decimal(count) / 1_000_000, 1))))


def format_day(value: date) -> str:
    tongue = locale()
    if tongue.language == "en":
        return f"{value.day} {_names(tongue, 'months')[value.month]} {value.year}"
    if tongue.language == "fr":
        return f"{value:%d/%m/%Y}"
    return format_date(value, "short", locale=tongue)


@lru_cache(maxsize=100)
def _names(tongue: Locale, of: str) -> Mapping[int, str]:
    """The short names of months or days; cached, as Babel parses its pattern for every date."""
    found: Mapping[int, str] = getattr(tongue, of)["format"]["abbreviated"]
    return dict(found)


def format_instant(value: datetime, zone: str) -> str:
    return format_local(value.astimezone(ZoneInfo(zone)))


def format_local(local: datetime) -> str:
    return f"{format_day(local.date())} {local:%H:%M}"


def format_near(value: datetime, zone: str, now: datetime | None = None) -> str:
    """Today 14:30, Wed 20 Jan 09:00 within thirty days, the date alone beyond."""
    local = value.astimezone(ZoneInfo(zone))
    return format_local_near(local, days_until(local, now))


def days_until(local: datetime, now: datetime | None = None) -> int:
    """The number of days from today to a datetime, in its zone."""
    today = (now or datetime.now(UTC)).astimezone(local.tzinfo).date()
    return (local.date() - today).days


def format_local_near(local: datetime, days: int) -> str:
    """As `format_near`, of a datetime in the reader's zone that is `days` away."""
    if days == 0:
        name = _("Today")
        return f"{name} {local:%H:%M}"
    if abs(days) > 30:
        return format_day(local.date())
    tongue = locale()
    day = _names(tongue, "days")[local.weekday()]
    if tongue.language == "fr":
        return f"{day} {local:%d/%m %H:%M}"
    return f"{day} {local.day} {_names(tongue, 'months')[local.month]} {local:%H:%M}"


@lru_cache(maxsize=10_000)
def format_phone(value: str) -> str:
    """A French number in national format, others in international format."""
    if plain := FRENCH.fullmatch(value):
        return "0" + " ".join(plain.groups())  # the same as below, a hundred times faster
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
