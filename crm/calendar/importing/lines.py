"""The lines of an .ics file that an import reads, and nothing else of it. Source: RFC 5545, 3.1.

A file comes from anywhere: it is cut down to a few properties of its events before any library
sees it. Time zones that a file describes itself are left out, as their rules may run for ever;
zones are known by their names.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext as _

from crm.core.errors import DomainError

MEGABYTES = 2
MOST_COMPONENTS = 2_000
NAMES = {
    "UID", "SUMMARY", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID",
    "STATUS", "CLASS", "TRANSP", "LOCATION", "DESCRIPTION",
}  # fmt: skip
NAME = re.compile(r"[A-Za-z0-9-]+")
MARK = re.compile(r"(BEGIN|END)\s*(?:;[^:]*)?:\s*(\S+)", re.IGNORECASE)
# As Mozilla and Evolution name zones: TZID=/mozilla.org/20070129_1/Europe/Paris
VENDOR = re.compile(r"\A([A-Z-]+;TZID=)/(?:[^/:;]+/){1,2}(?=\w+/\w+[:;])", re.IGNORECASE)
LONGEST_VALUE = 20_000  # characters


@dataclass(frozen=True)
class Lines:
    """The events as text each, and how many components of other kinds there were."""

    events: list[str]
    todos: int


def read_lines(content: bytes) -> Lines:
    """Raises DomainError where it is no calendar, or too large a one."""
    if len(content) > MEGABYTES * 1024 * 1024:
        raise DomainError(_("This file is larger than %(size)s MB.", size=MEGABYTES), field="file")
    events: list[str] = []
    open_: list[str] = []  # the components that a line is in
    current: list[str] = []
    todos, is_calendar = 0, False
    for line in _unfolded(_decoded(content)):
        mark = MARK.match(line)
        if mark is None:
            if open_ == ["VCALENDAR", "VEVENT"] and _is_read(line):
                current.append(VENDOR.sub(r"\1", line[:LONGEST_VALUE]))
            continue
        kind, name = mark[1].upper(), mark[2].upper()
        if kind == "BEGIN":
            open_.append(name)
            is_calendar = is_calendar or open_ == ["VCALENDAR"]
            todos += open_ == ["VCALENDAR", "VTODO"]
            current = [] if name == "VEVENT" else current
        elif open_ and name in open_:
            if open_ == ["VCALENDAR", "VEVENT"] and name == "VEVENT":
                events.append("\r\n".join(["BEGIN:VEVENT", *current, "END:VEVENT", ""]))
            del open_[len(open_) - 1 - open_[::-1].index(name) :]
        if len(events) > MOST_COMPONENTS or len(open_) > MOST_COMPONENTS:
            told = _("This file has more than %(count)s events.", count=MOST_COMPONENTS)
            raise DomainError(told, field="file")
    if not is_calendar:
        raise DomainError(_("This file is not an .ics calendar."), field="file")
    return Lines(events, todos)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:  # Outlook's older versions
        return content.decode("cp1252", "replace")


def _unfolded(text: str) -> Iterator[str]:
    """The lines, each with those that continue it."""
    parts: list[str] = []
    for line in re.split(r"\r\n|\n|\r", text):
        if line[:1] in (" ", "\t"):
            parts.append(line[1:])
        elif line.strip():
            if parts:
                yield "".join(parts)
            parts = [line]
    if parts:
        yield "".join(parts)


def _is_read(line: str) -> bool:
    name = NAME.match(line)
    return name is not None and name[0].upper() in NAMES
