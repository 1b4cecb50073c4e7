"""Parsing of typed dates: 31/1, 31/01/2027, 2027-01-31, 31 Jan 2027, today, +3, 14:00."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel import Locale
from flask_babel import gettext as _

from crm.core.models.locale import locale


def check_year(year: int) -> None:
    """Refuse an implausible year. Raises ValueError."""
    if not 1900 <= year <= 2200:
        raise ValueError(_("The year must lie between 1900 and 2200."))


def parse_date(text: str, zone: str) -> date:
    """A day; the day comes before the month in every language. "today" is the day in `zone`.

    Raises ValueError with a sentence for the user.
    """
    word = _plain(text)
    if (days := _days_from_today(word)) is not None:
        return datetime.now(ZoneInfo(zone)).date() + timedelta(days=days)
    if found := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", word):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := re.fullmatch(r"(\d{1,2})[/.\- ](\d{1,2})(?:[/.\- ](\d{2}|\d{4}))?", word):
        year = int(found[3]) if found[3] else datetime.now(ZoneInfo(zone)).year
        return _day(year + 2000 if year < 100 else year, int(found[2]), int(found[1]))
    if found := re.fullmatch(r"(\d{1,2}) ([^\W\d]+)\.? (\d{4})", word):
        return _day(int(found[3]), _month(found[2]), int(found[1]))
    raise ValueError(_("Enter a date, such as 31/01/2027."))


def _plain(text: str) -> str:
    """Normalize case, spaces and apostrophes."""
    return " ".join(text.casefold().replace("\u2019", "'").split())


def _days_from_today(word: str) -> int | None:
    near = {"today": 0, "tomorrow": 1, "yesterday": -1}
    near |= {_plain(_("today")): 0, _plain(_("tomorrow")): 1, _plain(_("yesterday")): -1}
    if re.fullmatch(r"[+-]\d{1,4}", word):
        return int(word)
    return near.get(word)


def _day(year: int, month: int, day: int) -> date:
    check_year(year)
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
    raise ValueError(_("Enter a date, such as 31/01/2027."))


def parse_instant(text: str, zone: str) -> datetime:
    """A day and a time in `zone`: 2027-01-31T14:00 as browsers send it, or 31/01/2027 14:00.

    Raises ValueError with a sentence for the user.
    """
    found = re.fullmatch(
        r"(.+?)(?:T|\s+(?=\d{1,2}[:h]))(\d{1,2})[:h](\d{2})(?::(\d{2}))?", text.strip()
    )
    if not found:
        raise ValueError(_("Enter a date and time, such as 31/01/2027 14:00."))
    hour, minute, second = int(found[2]), int(found[3]), int(found[4] or 0)
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(_("Enter a time, such as 14:00."))
    local = datetime.combine(parse_date(found[1], zone), time(hour, minute, second), ZoneInfo(zone))
    # A time that does not exist that day (clocks go forward) becomes the one an hour later.
    return local.astimezone(UTC)
