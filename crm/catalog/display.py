"""What is said of a catalogue in few words."""

from datetime import datetime

from flask_babel import ngettext

from crm.catalog.models import Catalog
from crm.core.models.text import format_near, format_size
from crm.core.views.display import display_field, zone


def about(row: Catalog) -> str:
    """Language and size, shown under the name."""
    return " · ".join(part for part in (display_field(row, "language").text, facts(row)) if part)


def facts(row: Catalog) -> str:
    """Pages and size: 48 pages · 12.4 MB."""
    pages = ngettext("%(num)s page", "%(num)s pages", row.pages)
    return f"{pages} · {format_size(row.file_size)}"


def sent_text(count: int, last: datetime) -> str:
    """How often it was sent, and when for the last time."""
    day = format_near(last, zone())
    return str(ngettext("Sent once, %(day)s", "Sent %(num)s times, last %(day)s", count, day=day))
