"""What a form asks about repetition: its inputs, and the rule that they say. Source: spec 9.4.

Its inputs stand beside those of the event, under names of their own (PREFIX). Without one of them
nothing is said about repetition.
"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from crm.calendar.recurrence import (
    LAST,
    Frequency,
    Rule,
    anchored,
    is_last_of_month,
    occurrences,
    position_of,
)
from crm.calendar.rule_words import on_day, on_weekday
from crm.core.errors import DomainError
from crm.core.models.dates import parse_date
from crm.core.models.text import format_day, parse_number

PREFIX = "repeat"
BY_DAY = "day"  # monthly: by the day of the month, else by a position of the weekday
COUNT, UNTIL = "count", "until"
USUAL = 10  # occurrences, until another number is typed
# The field of a rule's error → the input it stands beside.
PLACES = {"interval": "interval", "weekdays": "weekdays", "position": "monthly", "day": "monthly",
          "count": "count", "until": "until"}  # fmt: skip


@dataclass
class Repeat:
    """The inputs as they are shown: texts, and an error for each that is wrong.

    `known` is the rule that the event has already, from its own start on.
    """

    frequency: str = ""
    interval: str = "1"
    weekdays: Sequence[int] = ()
    monthly: str = BY_DAY
    end: str = COUNT
    count: str = str(USUAL)
    until: str = ""
    known: Rule | None = None
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, rule: Rule | None) -> "Repeat":
        """The inputs for a rule, None for an event that does not repeat."""
        if rule is None:
            return cls()
        return cls(
            frequency=rule.frequency,
            interval=str(rule.interval),
            weekdays=rule.weekdays,
            monthly=BY_DAY if rule.position is None else str(rule.position),
            end=UNTIL if rule.until is not None else COUNT,
            count=str(rule.count or USUAL),
            until=format_day(rule.until) if rule.until is not None else "",
            known=rule,
        )

    def read(self, posted: MultiDict[str, str]) -> "Repeat":
        """The inputs as they were posted; the present ones where none was."""
        if PREFIX not in posted:
            return self
        frequency = posted[PREFIX] if posted[PREFIX] in list(Frequency) else ""
        ticked = posted.getlist(f"{PREFIX}_weekdays")
        weekdays = tuple(day for day in range(7) if str(day) in ticked)

        def text(name: str) -> str:
            return posted.get(f"{PREFIX}_{name}", "").strip()

        return Repeat(
            frequency, text("interval"), weekdays, text("monthly") or BY_DAY, text("end"),
            text("count"), text("until"), self.known,
        )  # fmt: skip

    def rule(self, start: datetime, zone: ZoneInfo) -> Rule | None:
        """The rule for an event that begins at `start`; None where it does not repeat.

        What is wrong goes into `errors`, and the answer is None.
        """
        first = start.astimezone(zone).date()
        if not self.frequency:
            return None
        rule = self._parsed(first, zone)
        if rule is None:
            return None
        try:
            occurrences(rule, start, zone)
        except DomainError as error:
            self.errors |= {PLACES[name]: text for name, text in error.fields.items()}
            return None
        return anchored(rule, first)

    def _parsed(self, first: date, zone: ZoneInfo) -> Rule | None:
        said: dict[str, Any] = {"frequency": Frequency(self.frequency)}
        said["interval"] = parse_number(self.interval) or 0
        if self.frequency == Frequency.WEEKLY:
            said["weekdays"] = self.weekdays
        if self.frequency == Frequency.MONTHLY and self.monthly != BY_DAY:
            numbers = {str(number): number for number in (1, 2, 3, 4, LAST)}
            said["position"] = numbers.get(self.monthly, 0)
        elif self.known is not None and self.known.day is not None:
            said["day"] = self._kept_day(self.known.day, first)
        if self.end == UNTIL:
            said["until"] = self._day(zone)
        else:
            said["count"] = parse_number(self.count) or 0
        return None if self.errors else Rule(**said)

    def _kept_day(self, day: int, first: date) -> int | None:
        """The day that a split series was made for, while its start is still in its place."""
        return day if first.day == min(day, monthrange(first.year, first.month)[1]) else None

    def _day(self, zone: ZoneInfo) -> date | None:
        try:
            return parse_date(self.until, zone.key)
        except ValueError as error:
            self.errors["until"] = str(error)
            return None

    def is_known(self, rule: Rule | None, moved: Rule | None) -> bool:
        """Whether the inputs say what the event has already, also once it is moved itself."""
        return _bare(rule) in (_bare(self.known), _bare(moved))

    def months(self, first: date) -> list[tuple[str, str, bool]]:
        """(value, words, whether it is chosen) of the ways to repeat by month."""
        position = position_of(first)
        positions = [position, *([LAST] if position != LAST and is_last_of_month(first) else [])]
        kept = self.known.day if self.known is not None and self.known.day else first.day
        day = self._kept_day(kept, first) or first.day
        offered = {BY_DAY: on_day(day)}
        offered |= {str(number): on_weekday(number, first.weekday()) for number in positions}
        return [(key, _capital(text), key == self.monthly) for key, text in offered.items()]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _bare(rule: Rule | None) -> Mapping[str, Any] | None:
    """A rule without the day it is anchored to, to compare it with another."""
    return None if rule is None else {**vars(rule), "day": None}
