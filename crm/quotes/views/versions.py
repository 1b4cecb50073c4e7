"""The tab Versions of a quote: all of them, and what changed to the last. Source: spec 8.6."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from crm.core.models import Label
from crm.core.views import Field, RecordPage
from crm.quotes import display
from crm.quotes.comparing import Comparison, compare
from crm.quotes.models import Quote
from crm.quotes.services import versions
from crm.quotes.views.moves import QuoteMoves

VERSIONS = "versions"


@dataclass
class VersionRow:
    """A version in the table; without `url` it is the one that is shown."""

    reference: str
    url: str
    fields: list[Field] = field(default_factory=list)


@dataclass
class VersionedPage(display.QuotePage):
    """A quote's page with the tab Versions."""

    versions: list[VersionRow] = field(default_factory=list)
    compared: Comparison | None = None
    compared_title: str = ""
    compared_heads: tuple[str, str] = ("", "")


class QuoteVersions(QuoteMoves):
    """The tab Versions."""

    version_columns = ("status", "finalised_at", "finalised_by", "total_excl", "total_incl")

    def extra_tabs(self) -> Mapping[str, Label]:
        return {VERSIONS: _("Versions")}

    def fill_extra_tab(self, page: RecordPage, row: Quote, chosen: str) -> None:
        if not isinstance(page, VersionedPage):
            return
        found = versions.versions_of(row)
        page.versions = [self._line(one, row) for one in found]
        former = next((one for one in found if one.version < row.version), None)
        if former is not None:
            before, after = str(former.version), str(row.version)
            page.compared = compare(former, row)
            page.compared_title = _(
                "What changes from version %(before)s to version %(after)s",
                before=before,
                after=after,
            )
            page.compared_heads = (
                _("Version %(number)s", number=before),
                _("Version %(number)s", number=after),
            )

    def _line(self, one: Quote, shown: Quote) -> VersionRow:
        url: Any = "" if one is shown else self.url("show", pk=one.id)
        fields = [self.field_of(one, name) for name in self.version_columns]
        return VersionRow(one.reference or _("Draft"), url, fields)
