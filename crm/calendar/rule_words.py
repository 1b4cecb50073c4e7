"""A rule in words, with its next dates, in the reader's language. Source: spec 9.4.

"Every 2 weeks, on Mondays, Wednesdays, and Fridays at 10:00, 6 times from Wednesday 3 March 2027."
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton, get_day_names, get_timezone_location
from babel.lists import format_list
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.calendar.recurrence import LAST, Frequency, Rule, anchored
from crm.core.models.dates import is_skipped
from crm.core.models.locale import locale
from crm.core.models.text import format_day

NEXT = 5  # dates that are shown


@dataclass(frozen=True)
class RuleText:
    """What is said of a series before it is saved; `more` and `clock` may be ""."""

    sentence: str
    dates: Sequence[str]
    more: str
    clock: str


def describe(
    rule: Rule, found: Sequence[datetime], zone: ZoneInfo, *, all_day: bool = False
) -> RuleText:
    """A rule in words; `found` are its occurrences, which `occurrences` computed."""
    local = [one.astimezone(zone) for one in found]
    shown = [short_day(one.date(), local[0].year) for one in local]
    rest = len(found) - NEXT
    more = "" if rest < 1 else _more(rest, shown[-1])
    sentence = rule_sentence(rule, local[0], all_day=all_day)
    clock = "" if all_day else _about_clocks(local, zone)
    return RuleText(sentence, shown[:NEXT], more, clock)


def _more(rest: int, last: str) -> str:
    return ngettext(
        "and %(num)s more, the last one on %(day)s", "and %(num)s more, the last one on %(day)s",
        rest, day=last,
    )  # fmt: skip


def rule_sentence(rule: Rule, start: datetime, *, all_day: bool = False) -> str:
    """The whole rule, from its local `start` to its end, as one sentence."""
    rule = anchored(rule, start.date())
    said = [repetition(rule, start.date())]
    if not all_day:
        said.append(_("at %(time)s", time=f"{start:%H:%M}"))
    first = long_day(start.date())
    if rule.count is not None:
        said_end = ngettext(
            "%(num)s time from %(day)s", "%(num)s times from %(day)s", rule.count, day=first
        )
    else:
        last = long_day(rule.until) if rule.until is not None else ""
        said_end = _("from %(first)s to %(last)s", first=first, last=last)
    return _("%(rule)s, %(end)s.", rule=" ".join(said), end=said_end)


def repetition(rule: Rule, first: date) -> str:
    """How often and on which days: "Every 2 weeks, on Mondays and Fridays"."""
    rule = anchored(rule, first)
    every, on = _every(rule), _on(rule, first)
    return _("%(every)s, %(days)s", every=every, days=on) if on else every


def _every(rule: Rule) -> str:
    number = rule.interval
    match rule.frequency:
        case Frequency.DAILY:
            return ngettext("Every day", "Every %(num)s days", number)
        case Frequency.WEEKLY:
            return ngettext("Every week", "Every %(num)s weeks", number)
        case Frequency.MONTHLY:
            return ngettext("Every month", "Every %(num)s months", number)
        case _:
            return ngettext("Every year", "Every %(num)s years", number)


def _on(rule: Rule, first: date) -> str:
    if rule.frequency == Frequency.DAILY:
        return ""
    if rule.frequency == Frequency.WEEKLY:
        names = [weekdays()[day] for day in rule.weekdays]
        return _("on %(days)s", days=format_list(names, locale=locale()))
    if rule.position is not None:
        return on_weekday(rule.position, first.weekday())
    if rule.frequency == Frequency.YEARLY:
        if (first.month, rule.day) == (2, 29):
            return _("on 29 February, or the 28th")
        return _("on %(day)s", day=format_skeleton("MMMMd", first, locale=locale()))
    return on_day(rule.day or first.day)


def on_day(day: int) -> str:
    """ "on day 31, or the last day of the month"."""
    if day > 28:
        return _("on day %(day)s, or the last day of the month", day=day)
    return _("on %(day)s", day=_("day %(number)s", number=day))


def on_weekday(position: int, weekday: int) -> str:
    """ "on the 2nd Tuesday", "on the last Friday"."""
    day = get_day_names("wide", locale=locale())[weekday]
    if position == LAST:
        return _("on the last %(weekday)s", weekday=day)
    ordinal = {1: _("1st"), 2: _("2nd"), 3: _("3rd"), 4: _("4th")}[position]
    return _("on the %(ordinal)s %(weekday)s", ordinal=ordinal, weekday=day)


def weekdays() -> Sequence[str]:
    """The days of the week in the plural, Monday first."""
    return (
        _("Mondays"), _("Tuesdays"), _("Wednesdays"), _("Thursdays"), _("Fridays"),
        _("Saturdays"), _("Sundays"),
    )  # fmt: skip


def long_day(day: date) -> str:
    """mercredi 03/03/2027; Wednesday 3 Mar 2027."""
    name = get_day_names("wide", locale=locale())[day.weekday()]
    return f"{name} {format_day(day)}"


def short_day(day: date, year: int) -> str:
    """mer. 03/03, with the year where it is not `year`."""
    name = get_day_names("abbreviated", locale=locale())[day.weekday()]
    text = format_day(day)
    if day.year == year:
        text = text.removesuffix(str(year)).rstrip(" /")
    return f"{name} {text}"


def _about_clocks(local: Sequence[datetime], zone: ZoneInfo) -> str:
    """What a change of the clocks does to the series, "" where there is none among its dates."""
    skipped = next((one for one in local if one.time() != local[0].time()), None)
    if skipped is not None:
        wanted = datetime.combine(skipped.date(), local[0].time(), zone)
        if is_skipped(wanted):
            return _(
                "On %(day)s the clocks skip %(time)s: that day it is at %(later)s.",
                day=format_day(skipped.date()), time=f"{wanted:%H:%M}", later=f"{skipped:%H:%M}",
            )  # fmt: skip
    for before, after in pairwise(local):
        if before.utcoffset() != after.utcoffset():
            return _kept(before, after, zone)
    return ""


def _kept(before: datetime, after: datetime, zone: ZoneInfo) -> str:
    day = _change_between(before, after)
    said = {
        "time": f"{before:%H:%M}",
        "place": get_timezone_location(zone, locale=locale(), return_city=True),
        "day": format_day(day),
    }
    gain = (after.utcoffset() or timedelta()) - (before.utcoffset() or timedelta())
    if gain > timedelta():
        return _(
            "The time stays %(time)s in %(place)s, before and after the change to summer time on "
            "%(day)s.", **said,
        )  # fmt: skip
    return _(
        "The time stays %(time)s in %(place)s, before and after the change to winter time on "
        "%(day)s.", **said,
    )  # fmt: skip


def _change_between(before: datetime, after: datetime) -> date:
    """The day on which the clocks first change between two local times."""
    day = before
    while day.utcoffset() == before.utcoffset() and day < after:
        day += timedelta(days=1)
    # The same time of day, at which the change has happened already: else it is the day before.
    midnight = datetime.combine(day.date(), day.time().min, day.tzinfo)
    return day.date() if midnight.utcoffset() == before.utcoffset() else day.date() - timedelta(1)
