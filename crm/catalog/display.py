"""What is said of a catalogue in few words."""

from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import ngettext

from crm.catalog.models import Catalog
from crm.core.models.text import format_number
from crm.core.types import round_half_up
from crm.core.views.display import display_field


def about(row: Catalog) -> str:
    """Language and size, shown under the name."""
    return " · ".join(part for part in (display_field(row, "language").text, facts(row)) if part)


def facts(row: Catalog) -> str:
    """Pages and size: 48 pages · 12.4 MB."""
    pages = ngettext("%(num)s page", "%(num)s pages", row.pages)
    return f"{pages} · {size(row.file_size)}"


def size(count: int) -> str:
    """A number of bytes as text, in kB or MB."""
    if count < 1000_000:
        return str(_("%(size)s kB", size=format_number(max(round(count / 1000), 1))))
    return str(_("%(size)s MB", size=format_number(round_half_up(Decimal(count) / 1000_000, 1))))
