"""The days that a schedule falls on, and when it is due next, in the time zone of its owner."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from crm.core.models.locale import locale

DAY = timedelta(days=1)
LAST = 31  # the last day of a month, whatever its length
DAYS = (*range(1, 29), LAST)  # of a month: those that every month has


class Every(StrEnum):
    """How often."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class Rhythm:
    """`day` is a weekday from 0, Monday, or a day of the month; `at` an hour such as "07:00"."""

    every: Every
    day: int
    at: str

    def is_on(self, on: date) -> bool:
        match self.every:
            case Every.WEEK:
                return on.weekday() == self.day
            case Every.MONTH:
                last = monthrange(on.year, on.month)[1]
                return on.day == (last if self.day == LAST else self.day)
        return True

    def moment(self, on: date, zone: ZoneInfo) -> datetime:
        """The hour of this day; an hour that clocks skip is the one after, of two the first."""
        return datetime.combine(on, time.fromisoformat(self.at), zone).astimezone(UTC)

    def following(self, now: datetime, zone: ZoneInfo, last: date | None = None) -> datetime:
        """The first moment after `now` on a day after `last`, which was sent already."""
        on = now.astimezone(zone).date()
        if last is not None and last <= on + DAY:  # one beyond is of a clock that was wrong
            on = max(on, last + DAY)
        while not self.is_on(on) or self.moment(on, zone) <= now:
            on += DAY
        return self.moment(on, zone)

    def latest(self, now: datetime, zone: ZoneInfo) -> date:
        """The last day whose moment has come."""
        on = now.astimezone(zone).date()
        while not self.is_on(on) or self.moment(on, zone) > now:
            on -= DAY
        return on

    def __str__(self) -> str:
        """In words: Every Monday at 07:00."""
        return _("%(when)s at %(time)s", when=day_words(self.every, self.day), time=self.at)


def day_words(every: Every, day: int) -> str:
    """The days in words: Every Monday."""
    match every:
        case Every.WEEK:
            return _("Every %(weekday)s", weekday=locale().days["stand-alone"]["wide"][day])
        case Every.MONTH if day == LAST:
            return _("Every month on the last day")
        case Every.MONTH if day == 1:
            return _("Every month on the 1st")
        case Every.MONTH:
            return _("Every month on day %(day)s", day=day)
    return _("Every day")
