"""The period of a board, and the one it is compared with."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.companies.days import today
from crm.core.datamodel.buckets import Step, first_day, last_day
from crm.core.models import Label
from crm.core.models.dates import check_year
from crm.core.models.locale import locale
from crm.core.models.text import format_day

# key → how long it is, and whether it is the one before the present one.
NAMED: dict[str, tuple[Step, bool]] = {
    "this_month": (Step.MONTH, False),
    "last_month": (Step.MONTH, True),
    "this_quarter": (Step.QUARTER, False),
    "last_quarter": (Step.QUARTER, True),
    "this_year": (Step.YEAR, False),
    "last_year": (Step.YEAR, True),
}
LABELS: dict[str, Label] = {
    "this_month": _l("This month"),
    "last_month": _l("Last month"),
    "this_quarter": _l("This quarter"),
    "last_quarter": _l("Last quarter"),
    "this_year": _l("This year"),
    "last_year": _l("Last year"),
}
FREE = re.compile(r"(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})")
MOST_YEARS = 20  # of a free period
PATTERNS = {Step.MONTH: "LLLL y", Step.QUARTER: "QQQ y", Step.YEAR: "y"}


@dataclass(frozen=True)
class Period:
    """From one day to another, both included. `step`: it is a whole month, quarter or year."""

    first: date
    last: date
    step: Step | None = None

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def before(self) -> "Period":
        """The month, quarter or year before; of free dates as many days before."""
        last = self.first - timedelta(days=1)
        if self.step is None:
            return Period(self.first - timedelta(days=self.days), last)
        return Period(first_day(last, self.step), last, self.step)

    def __str__(self) -> str:
        if self.step is None:
            return f"{format_day(self.first)} – {format_day(self.last)}"
        return written(self.first, self.step)


def written(first: date, step: Step) -> str:
    """A day, week, month, quarter or year in words."""
    if step in PATTERNS:
        return str(format_date(first, PATTERNS[step], locale=locale()))
    if step is Step.WEEK:
        return _("week of %(day)s", day=format_day(first))
    return format_day(first)


def read_period(text: str) -> Period:
    """The period of an address: one of NAMED, or `2027-01-01..2027-03-31`.

    Raises ValueError with a sentence for the user.
    """
    if text in NAMED:
        step, is_before = NAMED[text]
        first = first_day(today(), step)
        now = Period(first, last_day(first, step), step)
        return now.before() if is_before else now
    found = FREE.fullmatch(text)
    try:
        first, last = (date.fromisoformat(part) for part in found.groups())  # type: ignore[union-attr]
    except (AttributeError, ValueError) as error:
        raise ValueError(_("Choose a period, or a first and a last day.")) from error
    if last < first:
        raise ValueError(_("The period ends before it begins."))
    if (last - first).days > MOST_YEARS * 366:
        raise ValueError(_("Choose a period of at most %(num)s years.", num=MOST_YEARS))
    for day in (first, last):
        check_year(day.year)
    check_year(Period(first, last).before().first.year)  # dates are filtered as they are typed
    return Period(first, last)
