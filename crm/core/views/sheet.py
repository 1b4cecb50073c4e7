"""/X/print/<id>: the fields of a record on one page of paper."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, send_file
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from crm.core.files.names import clean_name
from crm.core.files.typesetting import typeset
from crm.core.http import FILE_POLICY
from crm.core.models.locale import locale
from crm.core.models.text import format_instant
from crm.core.views.base import PK, Action, FieldGroup
from crm.core.views.display import Field, zone
from crm.core.views.record import RecordPages

TEMPLATE = Path(__file__).with_name("sheet.typ")
LONGEST = 12_000  # characters of a field: more does not fit on a page


@dataclass(frozen=True)
class SheetTable:
    """Rows of texts under a title."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


class SheetPages(RecordPages):
    """A record that prints: what its page shows its reader, and nothing else."""

    @expose(f"/print/{PK}")
    @has_access
    def sheet(self, pk: int) -> ResponseReturnValue:
        row = self.row(pk, names=self.record_names())
        now = datetime.now(UTC)
        document = typeset(TEMPLATE, self._content(row, now), now.astimezone(ZoneInfo(zone())))
        return pdf_response(document, str(row))

    def _content(self, row: Any, now: datetime) -> Mapping[str, Any]:
        page = self.record_page(row)
        sets = (self.show_fieldsets or (), self.side_fieldsets)
        groups = (group for one in sets for group in self.groups(row, one))
        shown = ((group.title, list(_facts(group))) for group in groups)
        return {
            "language": str(locale().language),
            "kind": self.words("entity_name"),
            "title": page.title,
            "facts": [field.text for field in page.headline if field.text],
            "groups": [(str(title), facts) for title, facts in shown if facts],
            "tables": [asdict(one) for one in self.sheet_tables(row)],
            "foot": _("Printed on %(day)s", day=format_instant(now, zone())),
        }

    def sheet_tables(self, row: Any) -> Sequence[SheetTable]:
        """What stands below the fields."""
        return ()

    def record_menu(self, row: Any, editable: bool) -> list[Action]:
        printing = Action(_("Print"), self.url("sheet", pk=row.id), "printer")
        return [printing, *super().record_menu(row, editable)]


def _facts(group: FieldGroup) -> Iterator[tuple[str, str]]:
    """Label and text of each field that says something; of an address its use and its lines."""
    for field in group.fields:
        if text := _text(field):
            yield str(field.label), text
    for block in group.addresses:
        yield ", ".join((block.title, *block.tags)), "\n".join(block.lines)


def _text(field: Field) -> str:
    if field.value is False:
        return ""
    return field.text[:LONGEST]


def pdf_response(document: bytes, name: str) -> Response:
    """A document that was made for this answer, shown in the page or in a tab of its own."""
    shown = clean_name(f"{name}.pdf") or "document.pdf"
    # It writes names beyond Latin-1 as a header may carry them.
    response = send_file(BytesIO(document), mimetype="application/pdf", download_name=shown)
    response.headers["Content-Security-Policy"] = FILE_POLICY
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
