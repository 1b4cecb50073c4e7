"""The events of an .ics file, as they would be created: pure. Source: RFC 5545."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
from flask_babel import gettext as _
from icalendar.parser_tools import to_unicode

from crm.calendar.ics import plain
from crm.calendar.importing.lines import read_lines
from crm.calendar.importing.repeating import UnknownRuleError, repeated
from crm.calendar.recurrence import Rule
from crm.core.errors import DomainError

MOST = 500  # events that a file may become
SECONDS = 5.0  # of reading, after which a file is refused
YEARS = range(1970, 2101)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONGEST_DESCRIPTION = 10_000


@dataclass(frozen=True)
class Found:
    """An event to be created; with `rule` a series. `ref` tells it from the others of all files."""

    uid: str
    ref: str
    subject: str
    starts_at: datetime
    ends_at: datetime
    all_day: bool
    time_zone: str
    location: str = ""
    description: str = ""
    is_private: bool = False
    is_free: bool = False
    rule: Rule | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Skipped:
    """What is not imported, and why."""

    subject: str
    reason: str


@dataclass
class Content:
    """What was found in a file."""

    events: list[Found] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)


class _RefusedError(Exception):
    """Why one event is not imported, in the reader's language."""


def read(content: bytes, zone: ZoneInfo, now: datetime) -> Content:
    """The events of a file, read by somebody in `zone`.

    Raises DomainError on `file` where it is no calendar, too large, or takes too long to read.
    """
    lines, found = read_lines(content), Content()
    begun = monotonic()
    groups: dict[str, list[icalendar.Event]] = defaultdict(list)
    for number, text in enumerate(lines.events):
        event = _parsed(text)
        if event is None:
            found.skipped.append(Skipped("", _("It cannot be read.")))
        else:
            groups[_text(event, "uid") or f"without uid {number}"].append(event)
        _check_time(begun)
    for uid, events in groups.items():
        _read_group(uid, events, zone, now, found, begun)
        if len(found.events) > MOST:
            told = _("This file has more than %(count)s events.", count=MOST)
            raise DomainError(told, field="file")
    found.skipped += [Skipped("", _("Tasks of other programs are not imported."))] * lines.todos
    found.events.sort(key=lambda one: one.starts_at)
    return found


def _check_time(begun: float) -> None:
    if monotonic() - begun > SECONDS:
        raise DomainError(_("This file takes too long to read."), field="file")


def _parsed(text: str) -> icalendar.Event | None:
    try:
        parsed = icalendar.Event.from_ical(text)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError):
        return None  # whatever the library does not read, is not imported
    return parsed if isinstance(parsed, icalendar.Event) else None


def _read_group(
    uid: str,
    events: Sequence[icalendar.Event],
    zone: ZoneInfo,
    now: datetime,
    found: Content,
    begun: float,
) -> None:
    """The events of one UID: a repeated one, and those that stand in for some of its dates."""
    changed = [one for one in events if "recurrence-id" in one]
    taken = {_moment(one, "recurrence-id", zone) for one in changed}
    for event in events:
        subject = _subject(event)
        try:
            if _text(event, "status").upper() == "CANCELLED":
                raise _RefusedError(_("It is cancelled."))
            one = _read_one(uid, event, zone)
            if "recurrence-id" in event:
                found.events.append(
                    replace(one, ref=f"{uid} {_moment(event, 'recurrence-id', zone)}")
                )
            else:
                found.events.extend(_each(one, event, taken, zone, now))
        except _RefusedError as refusal:
            found.skipped.append(Skipped(subject, str(refusal)))
        except UnknownRuleError:
            found.skipped.append(Skipped(subject, _("It repeats by a rule that is not supported.")))
        _check_time(begun)


def _each(
    one: Found, event: icalendar.Event, taken: set[datetime | None], zone: ZoneInfo, now: datetime
) -> Iterator[Found]:
    """One event, a series, or the single dates of what no rule of ours can tell."""
    text = to_unicode(event["rrule"].to_ical()) if _is_single(event, "rrule") else ""
    added, off = _moments(event, "rdate", zone), _moments(event, "exdate", zone)
    if not text and not added:
        yield one
        return
    own_zone = ZoneInfo(one.time_zone)
    plan = repeated(text, one.starts_at, own_zone, now) if text else None
    if plan is not None and plan.rule is not None and not (added or off or taken):
        yield replace(one, rule=plan.rule)
        return
    starts = {*(plan.starts if plan else [one.starts_at]), *added} - off - taken
    notes = one.notes
    if plan is not None and plan.is_cut:
        told = _("It repeats for longer than a series can: a year of it is imported, date by date.")
        notes += (told,)
    elif plan is not None:
        notes += (_("It repeats by a rule of its own: it is imported date by date."),)
    for start in sorted(starts)[: MOST + 1]:
        ends_at = start + (one.ends_at - one.starts_at)
        if one.all_day:
            days = round((one.ends_at - one.starts_at) / DAY)
            ends_at = (start.astimezone(own_zone) + days * DAY).astimezone(UTC)
        ref = f"{one.uid} {start}"
        yield replace(one, starts_at=start, ends_at=ends_at, ref=ref, notes=notes)


def _read_one(uid: str, event: icalendar.Event, zone: ZoneInfo) -> Found:
    starts, notes = _value(event, "dtstart"), []
    if starts is None:
        raise _RefusedError(_("It has no start."))
    own_zone, is_known = _zone_of(event, zone)
    if not is_known:
        notes.append(_("Its time zone is unknown: its times are read in yours."))
    ends = _end_of(event, starts)
    all_day = not isinstance(starts, datetime)
    starts_at, ends_at = _instant(starts, own_zone), _instant(ends, own_zone)
    if ends_at <= starts_at and not all_day and ends == starts:
        ends_at = starts_at + HOUR
    if ends_at <= starts_at:
        raise _RefusedError(_("It ends before it starts."))
    return Found(
        uid=uid,
        ref=uid,
        subject=_subject(event),
        starts_at=starts_at,
        ends_at=ends_at,
        all_day=all_day,
        time_zone=own_zone.key,
        location=_text(event, "location").replace("\n", " ")[:255],
        description=_text(event, "description")[:LONGEST_DESCRIPTION],
        is_private=_text(event, "class").upper() in ("PRIVATE", "CONFIDENTIAL"),
        is_free=_text(event, "transp").upper() == "TRANSPARENT",
        notes=tuple(notes),
    )


def _end_of(event: icalendar.Event, starts: date) -> date:
    """DTEND, else DTSTART with DURATION, else a day or an hour."""
    ends = _value(event, "dtend")
    if ends is not None:
        if isinstance(ends, datetime) != isinstance(starts, datetime):
            raise _RefusedError(_("It cannot be read."))
        return ends
    if "duration" not in event:
        return starts + (HOUR if isinstance(starts, datetime) else DAY)
    length = _dt(event["duration"])
    if not isinstance(length, timedelta):
        raise _RefusedError(_("It cannot be read."))
    try:
        return starts + length
    except OverflowError as error:
        raise _RefusedError(_("It cannot be read.")) from error


def _instant(moment: date, zone: ZoneInfo) -> datetime:
    """In UTC; days begin at midnight in `zone`, where times without a zone are read, too."""
    if moment.year not in YEARS:
        raise _RefusedError(_("Its date is out of range."))
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time(), zone).astimezone(UTC)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _zone_of(event: icalendar.Event, zone: ZoneInfo) -> tuple[ZoneInfo, bool]:
    """The zone of the start, the reader's where it has none, and whether it is known."""
    starts: Any = event["dtstart"]
    key = getattr(getattr(starts.dt, "tzinfo", None), "key", "")
    if key and key != "UTC":
        return ZoneInfo(key), True
    named = str(starts.params.get("TZID", ""))
    if not named or key == "UTC":
        return zone, True
    return zone, False


def _value(event: icalendar.Event, name: str) -> date | None:
    """A day or a moment; None where there is none. Raises _RefusedError where it cannot be read."""
    if name not in event:
        return None
    moment = _dt(event[name])
    if not isinstance(moment, date):
        raise _RefusedError(_("It cannot be read."))
    return moment


def _dt(value: Any) -> Any:
    """What a property says as a date, moment or length; None where it cannot be read."""
    try:
        return value.dt
    except (AttributeError, ValueError):  # there is none, there are several, or it is broken
        return None


def _moment(event: icalendar.Event, name: str, zone: ZoneInfo) -> datetime | None:
    try:
        moment = _value(event, name)
        return _instant(moment, _zone_of(event, zone)[0]) if moment is not None else None
    except (_RefusedError, KeyError, AttributeError):
        return None


def _moments(event: icalendar.Event, name: str, zone: ZoneInfo) -> set[datetime]:
    """The instants of EXDATE or RDATE."""
    given: Any = event.get(name, [])
    found = set()
    for one in given if isinstance(given, list) else [given]:
        for part in getattr(one, "dts", []):
            if isinstance(part.dt, date):
                found.add(_instant(part.dt, _zone_of(event, zone)[0]))
    return found


def _is_single(event: icalendar.Event, name: str) -> bool:
    if isinstance(event.get(name), list):
        raise UnknownRuleError
    return name in event


def _text(event: icalendar.Event, name: str) -> str:
    value = event.get(name, "")
    return plain(str(value[0] if isinstance(value, list) else value)).strip()


def _subject(event: icalendar.Event) -> str:
    return " ".join(_text(event, "summary").split())[:200] or _("No subject")


def ref_of(ref: str, user_id: int) -> str:
    """The external reference of what one person imports: the same each time, of 80 characters."""
    return f"ics-{user_id}-{hashlib.sha256(ref.encode()).hexdigest()[:56]}"
