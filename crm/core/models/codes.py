"""Codes of standards (countries, currencies, languages) and of our hues, with their names."""

import zoneinfo
from functools import lru_cache

from babel import Locale
from babel.dates import get_timezone_location
from babel.numbers import get_currency_precision, get_territory_currencies, list_currencies
from flask_babel import gettext as _

from crm.core.models.locale import locale
from crm.core.types import fold

HUES = ("gray", "blue", "teal", "green", "amber", "red", "pink", "violet")


@lru_cache
def countries() -> frozenset[str]:
    """ISO 3166 alpha-2 codes, as the CLDR knows them; groups of countries left out."""
    skipped = {"EU", "EZ", "UN", "QO", "ZZ", "XA", "XB"}
    codes = (str(code) for code in Locale("en").territories)
    return frozenset(code for code in codes if len(code) == 2 and code not in skipped)


@lru_cache
def currencies() -> frozenset[str]:
    """ISO 4217 codes with at most two decimals: what our money columns can hold."""
    return frozenset(c for c in list_currencies() if get_currency_precision(c) <= 2)


@lru_cache
def current_currencies() -> frozenset[str]:
    """The currencies that are legal tender somewhere today."""
    tender = {str(code) for country in countries() for code in get_territory_currencies(country)}
    return currencies() & tender


def time_zones() -> list[str]:
    """The time zones to choose from; older names without a region are accepted too."""
    return sorted(z for z in zoneinfo.available_timezones() if "/" in z or z == "UTC")


def city_time(time_zone: str) -> str:
    """A time zone as people call it: Paris time."""
    if "/" not in time_zone:
        return time_zone
    city = get_timezone_location(time_zone, locale=locale(), return_city=True)
    return _("%(city)s time", city=city.rpartition("/")[2])


def country_name(code: str) -> str:
    return str(locale().territories.get(code, code))


def country_order() -> list[str]:
    """The countries, sorted by their names in the reader's language."""
    return sorted(countries(), key=lambda code: fold(country_name(code)))


def language_name(code: str) -> str:
    """A language by its own name: français, English."""
    name = Locale.parse(code).get_display_name(code) or code
    return name[0].upper() + name[1:]


def hue_name(hue: str) -> str:
    return {
        "gray": _("Grey"), "blue": _("Blue"), "teal": _("Teal"), "green": _("Green"),
        "amber": _("Amber"), "red": _("Red"), "pink": _("Pink"), "violet": _("Violet"),
    }[hue]  # fmt: skip
