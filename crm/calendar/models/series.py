"""Series of events: their rule and their first start. Source: spec 9.4."""

from datetime import date, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

from flask_appbuilder import Model
from sqlalchemy import Date, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.calendar.recurrence import Frequency, Rule, occurrences
from crm.companies.columns import by_value
from crm.core.types import Instant


class EventSeries(Model):
    """The rule by which events were made, read through them only.

    It tells every place of the series, those of deleted events included: a restored event is back
    in its own. The wall clock is that of `starts_at` in `time_zone`. Calendars know the whole
    series by its `uid`.
    """

    __tablename__ = "event_series"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(36), default=lambda: uuid4().hex, unique=True)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    time_zone: Mapped[str] = mapped_column(String(64))
    frequency: Mapped[Frequency] = mapped_column(by_value(Frequency))
    interval: Mapped[int]
    weekdays: Mapped[str] = mapped_column(String(7))  # digits, 0 for Monday
    day: Mapped[int | None]
    position: Mapped[int | None]
    count: Mapped[int | None]
    until: Mapped[date | None] = mapped_column(Date)

    @property
    def rule(self) -> Rule:
        """The rule, to be read from `starts_at`."""
        return Rule(
            frequency=self.frequency,
            interval=self.interval,
            weekdays=tuple(map(int, self.weekdays)),
            day=self.day,
            position=self.position,
            count=self.count,
            until=self.until,
        )

    @rule.setter
    def rule(self, rule: Rule) -> None:
        for name, value in vars(rule).items():
            setattr(self, name, value)
        self.weekdays = "".join(map(str, rule.weekdays))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def places(self) -> list[datetime]:
        """The start of each occurrence by the rule, deleted ones included, in UTC."""
        return occurrences(self.rule, self.starts_at, self.zone)
