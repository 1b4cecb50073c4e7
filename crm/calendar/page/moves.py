"""Moving and stretching an event: new times in, the older ones out to undo it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from crm.calendar import services
from crm.calendar.models import Event, EventType
from crm.calendar.page.rows import days_of
from crm.core.errors import DomainError
from crm.core.types import utcnow

# A change of these since the calendar was drawn is a conflict with a move; of others it is none.
COMPARED = ("starts_at", "ends_at", "all_day", "time_zone", "type", "status")


@dataclass(frozen=True)
class Span:
    """Start and end; of an all-day event its first day and the day after its last one."""

    starts: date | datetime
    ends: date | datetime

    @property
    def all_day(self) -> bool:
        return not isinstance(self.starts, datetime)

    @property
    def words(self) -> dict[str, str]:
        """As `read_span` reads it."""
        return {"start": _word(self.starts), "end": _word(self.ends)}


def _word(value: date | datetime) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat()


def read_span(posted: Mapping[str, str]) -> Span:
    """`start` and `end` as days, or as instants with an offset. Raises ValueError."""
    starts, ends = (_read(posted.get(name, "")) for name in ("start", "end"))
    if isinstance(starts, datetime) is not isinstance(ends, datetime):
        raise ValueError("a day and an instant")
    return Span(starts, ends)


def _read(text: str) -> date | datetime:
    if len(text) == 10:
        return _plausible(date.fromisoformat(text))
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError("an instant without an offset")
    _plausible(value.date())
    return value


def _plausible(day: date) -> date:
    if not 1900 <= day.year <= 2200:
        raise ValueError("an implausible year")
    return day


def span_of(event: Event) -> Span:
    """When the event is now."""
    if event.all_day:
        return Span(*days_of(event))
    return Span(event.starts_at, event.ends_at)


def move(event: Event, span: Span) -> None:
    """Give the event another time. Raises DomainError."""
    if event.type == EventType.TASK and not span.all_day:
        raise DomainError(_("A task has a due date and no time."))
    services.update(event, values_of(span, event.zone))


def values_of(span: Span, zone: ZoneInfo) -> dict[str, Any]:
    """The columns of an event in `zone` that lasts for `span`."""
    starts, ends = (_instant(one, zone) for one in (span.starts, span.ends))
    return {"starts_at": starts, "ends_at": ends, "all_day": span.all_day}


def _instant(value: date | datetime, zone: ZoneInfo) -> datetime:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return datetime.combine(value, time(), zone).astimezone(UTC)


def past_warning(event: Event) -> str:
    """A sentence where the event now begins in the past, which is allowed. Source: spec 9.3."""
    return _("This date is in the past.") if event.starts_at < utcnow() else ""
