"""What is said of a catalogue in few words."""

from flask_babel import ngettext

from crm.catalog.models import Catalog
from crm.core.models.text import format_size
from crm.core.views.display import display_field


def about(row: Catalog) -> str:
    """Language and size, shown under the name."""
    return " · ".join(part for part in (display_field(row, "language").text, facts(row)) if part)


def facts(row: Catalog) -> str:
    """Pages and size: 48 pages · 12.4 MB."""
    pages = ngettext("%(num)s page", "%(num)s pages", row.pages)
    return f"{pages} · {format_size(row.file_size)}"
