"""Parsing of typed dates: 31/1, 31/01/2027, 2027-01-31, 31 Jan 2027, today, +3, tomorrow 2pm."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel import Locale
from flask_babel import gettext as _

from crm.core.models.locale import locale

# A text that ends in a time: 14:00, 14h, 14 h 30, 2pm, T14:00:30.
CLOCK = re.compile(
    r"(?P<day>.*?)(?:^|\s|(?<=\d)T)(?:at |à )?"
    r"(?:(?P<hour>\d{1,2})(?: ?[:h] ?(?P<minute>\d\d)(?::(?P<second>\d\d))?| ?h) ?(?P<half>am|pm)?"
    r"|(?P<twelve>\d{1,2}) ?(?P<noon>am|pm))",
    re.IGNORECASE,
)


def check_year(year: int) -> None:
    """Refuse an implausible year. Raises ValueError."""
    if not 1900 <= year <= 2200:
        raise ValueError(_("Enter a year between 1900 and 2200."))


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
        raise ValueError(_("Enter a month from 1 to 12."))
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
    """A day and a time in `zone`, in UTC; see `parse_local`."""
    return parse_local(text, zone).astimezone(UTC)


def parse_local(text: str, zone: str) -> datetime:
    """A day and a time in `zone`: 31/01/2027 14:00, tomorrow 2pm, +3 14h, 2027-01-31T14:00.

    A time that clocks skip that day is returned as it is; in UTC it is the one an hour later.
    Raises ValueError with a sentence for the user.
    """
    found = CLOCK.fullmatch(" ".join(text.split()))
    if not found or not found["day"]:
        raise ValueError(_("Enter a date and time, such as 31/01/2027 14:00."))
    return datetime.combine(parse_date(found["day"], zone), _time(found), ZoneInfo(zone))


def _time(found: re.Match[str]) -> time:
    half = (found["half"] or found["noon"] or "").casefold()
    hour, minute = int(found["hour"] or found["twelve"]), int(found["minute"] or 0)
    second = int(found["second"] or 0)
    if (half and not 1 <= hour <= 12) or max(hour - 23, minute - 59, second - 59) > 0:
        raise ValueError(_("Enter a time, such as 14:00."))
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return time(hour, minute, second)


def has_time(text: str) -> bool:
    """Whether `text` ends in a time of day."""
    return CLOCK.fullmatch(" ".join(text.split())) is not None


def without_time(text: str) -> str:
    """The day of a text that ends in a time."""
    found = CLOCK.fullmatch(" ".join(text.split()))
    return found["day"] if found and found["day"] else text


def is_skipped(local: datetime) -> bool:
    """Whether clocks that go forward never show this time of its zone."""
    shown = local.astimezone(UTC).astimezone(local.tzinfo)
    return shown.replace(tzinfo=None) != local.replace(tzinfo=None)
