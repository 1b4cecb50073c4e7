"""How a variable's value is read from a record, as text in the reader's language."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import pgettext
from markupsafe import Markup

from crm.core.models import spec_of
from crm.core.models.text import format_day, format_local

Read = Callable[[Any, "Reader"], str]


@dataclass(frozen=True)
class Reader:
    """Who reads a text: the language code, and the IANA name of the time zone."""

    language: str
    zone: str


def column(name: str) -> Read:
    """The value of a field, as the reader's language writes it."""

    def read(row: Any, reader: Reader) -> str:
        currency = getattr(row, "currency", None)
        return spec_of(type(row), name).write(getattr(row, name, None), reader.zone, currency)

    return read


def named(row: Any, reader: Reader) -> str:
    """The record as it is named in lists."""
    return str(row)


def civil_name(row: Any, reader: Reader) -> str:
    """Civility and last name; first and last name where no civility is known."""
    last = getattr(row, "last_name", None)
    match getattr(row, "civility", None):
        case "mr" if last:
            return pgettext("salutation", "Mr %(name)s", name=last)
        case "ms" if last:
            return pgettext("salutation", "Ms %(name)s", name=last)
    first = getattr(row, "first_name", None)
    return " ".join(part for part in (first, last) if part) or str(row)


def moment(row: Any, reader: Reader) -> str:
    """When an event begins, in the reader's time zone; only the day of an all-day event."""
    zone = row.time_zone if row.all_day else reader.zone
    local = row.starts_at.astimezone(ZoneInfo(zone))
    return format_day(local.date()) if row.all_day else format_local(local)


def link(attribute: str) -> Read:
    """A web address, as a link where the text is HTML."""

    def read(row: Any, reader: Reader) -> str:
        url = getattr(row, attribute, None)
        return Markup('<a href="{0}">{0}</a>').format(url) if url else ""

    return read


def rich(attribute: str) -> Read:
    """A rich text, which is stored cleaned."""
    return lambda row, reader: Markup(getattr(row, attribute, None) or "")  # noqa: S704  cleaned
