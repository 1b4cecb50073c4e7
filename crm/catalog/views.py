"""/catalogs: PDF files as cards, shown inside the page, while the setting is on (spec 10)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from flask import abort, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.catalog import services
from crm.catalog.display import about, facts, sent_text
from crm.catalog.models import Catalog, CatalogVersion
from crm.core.datamodel import DataModel
from crm.core.files.checking import PDF
from crm.core.files.models import StoredFile
from crm.core.files.serving import answer
from crm.core.forms import Form
from crm.core.models.text import format_instant
from crm.core.views import PK, Action, Field, ModelView, RecordPage
from crm.core.views.address import ListAddress
from crm.core.views.display import display_field, zone
from crm.core.views.lines import LineRenderer
from crm.core.views.pages import ListPage, Row
from crm.core.views.uploads import show_picture

CARDS, TABLE = "", "list"  # values of ?view=


@dataclass
class Card(Row):
    """A row of the list, with the values of its card."""

    cover_url: str = ""
    note: str = ""
    tags: list[Field] = field(default_factory=list)
    outdated: str = ""
    sent: str = ""


@dataclass
class CatalogPage(RecordPage):
    """A record with the file itself."""

    pdf_url: str = ""
    pdf_name: str = ""
    pdf_meta: str = ""
    download_url: str = ""
    former: list[Field] = field(default_factory=list)


class CatalogView(ModelView):
    """The catalogues that salespeople show."""

    datamodel = DataModel(Catalog, services.RULES)
    route_base = "/catalogs"
    class_permission_name = "catalogs"
    setting = "manage_catalogs"
    method_actions: ClassVar[Mapping[str, str]] = {"file": "read", "cover": "read"}
    icon = "book-2"
    entity_name = _l("Catalogue")
    list_title = _l("Catalogues")
    add_title = _l("Create a catalogue")
    edit_title = _l("Edit the catalogue")
    empty_title = _l("No catalogues yet")
    empty_text = _l("A catalogue is a PDF file that salespeople find here and show to customers.")

    list_columns = [
        "name", "type", "brand", "language", "pages", "valid_from", "valid_until", "owner",
        "company",
    ]  # fmt: skip
    order_columns = ["name", "type", "brand", "valid_until", "owner"]
    base_order = ("name", "asc")
    search_columns = [
        "type", "brand", "language", "owner", "owner.groups", "company", "valid_from",
        "valid_until", "created_on",
    ]  # fmt: skip
    headline = ("type", "brand", "language")
    widths: ClassVar[Mapping[str, str]] = {
        "description": "w6",
        "name": "w6",
        "file": "w6",
        "cover": "w6",
    }
    add_fieldsets: ClassVar[Any] = [
        (_l("Catalogue"), {"fields": [
            "file", "cover", "name", "type", "brand", "language", "description",
        ]}),
        (_l("Follow-up"), {"fields": ["company", "owner", "valid_from", "valid_until"]}),
    ]  # fmt: skip
    edit_fieldsets = add_fieldsets
    show_template = "catalog/record.html"
    record_class = CatalogPage
    show_fieldsets: ClassVar[Any] = [(_l("Description"), {"fields": ["description"]})]
    side_fieldsets: ClassVar[Any] = [
        (
            _l("Catalogue"),
            {"fields": ["name", "type", "brand", "language", "valid_from", "valid_until"]},
        ),
        (_l("Follow-up"), {"fields": ["owner", "company", "created_on", "changed_on"]}),
    ]

    def hidden_fields(self, row: Catalog) -> Sequence[str]:
        """The name and the size tell of a new file, not its number."""
        return ("file_id", "cover_id", *super().hidden_fields(row))

    # Cards and list ─────────────────────────────────────────────────────────────────────────────

    def address(self, path: str = "", keep: Sequence[str] = ()) -> ListAddress:
        return super().address(path, (*keep, "view"))

    def list_page(self, address: ListAddress, **said: Any) -> ListPage:
        page = super().list_page(address, **said)
        here = request.args.get("view", CARDS)
        if here != TABLE:
            self._put_sendings(page)
        page.card_template = "catalog/cards.html" if here != TABLE else ""
        plain = ListAddress(
            address.key, address.path, address.filters, address.search, address.order
        )
        page.views = [
            (_("Cards"), "layout-grid", plain.url(), here != TABLE),
            (_("List"), "list", plain.url([("view", TABLE)]), here == TABLE),
        ]
        return page

    def _put_sendings(self, page: ListPage) -> None:
        found = services.sendings([row.id for row in page.rows])
        for row in page.rows:
            if isinstance(row, Card):
                row.sent = sent_text(*found[row.id]) if row.id in found else _("Never sent")

    def line_note(self, row: Catalog, text: str) -> str:
        return about(row)

    def line(self, row: Catalog, lines: LineRenderer) -> Row:
        card = Card(**vars(lines(row)))
        card.cover_url = self._cover_url(row)
        card.tags = [
            display_field(row, "type"),
            *([display_field(row, "brand")] if row.brand else []),
        ]
        card.tags[0].kind, card.tags[0].hue = "tag", "gray"
        card.note = about(row)
        card.outdated = _("No longer valid") if row.outdated else ""
        return card

    def _cover_url(self, row: Catalog) -> str:
        return self.url("cover", pk=row.id, v=row.row_version)

    def row_actions(self, row: Catalog) -> list[Action]:
        url = self.url("file", pk=row.id)
        return [
            *self._offered(row),
            Action(_("Show the PDF"), url, "eye"),
            Action(_("Download"), f"{url}?download=1", "download"),
            *super().row_actions(row),
        ]

    def _offered(self, row: Catalog) -> list[Action]:
        """What upper slices offer: to send it."""
        related = self.related_lists(row)
        return [one for view, relation in related for one in view.actions_on(row, relation)]

    def fill_first_tab(self, page: RecordPage, row: Catalog) -> None:
        super().fill_first_tab(page, row)
        if isinstance(page, CatalogPage):
            page.pdf_url = self.url("file", pk=row.id)
            page.download_url = f"{page.pdf_url}?download=1"
            page.pdf_name, page.pdf_meta = row.file_name, facts(row)
            page.former = [self._former_field(row, one) for one in services.versions(row)]

    def _former_field(self, row: Catalog, one: CatalogVersion) -> Field:
        """A former file, with the day on which another one took its place."""
        url = self.url("file", pk=row.id, version=one.id, download=1)
        until = _("until %(date)s", date=format_instant(one.replaced_on, zone()))
        return Field("file", "", "file", None, one.file.file_name, url, icon="pdf", meta=until)

    def before_save(self, form: Form) -> None:
        """Store the files before the transaction: reading a PDF takes seconds."""
        super().before_save(form)
        if form.values.get("file") is not None:
            form.values["file"] = services.store(form.values["file"])
        elif form.row is not None and form.values.get("cover", form) is None:  # taken off
            form.values["cover"] = services.first_page(form.row)

    def prepare_form(self, form: Form) -> None:
        if "cover" in form.fields:
            row = form.row
            show_picture(form.fields["cover"], self._cover_url(row) if row is not None else "")
        field = form.fields.get("file")
        if field is None:
            return
        field.accept = PDF.accept
        if form.row is not None:
            url = self.url("file", pk=form.row.id)
            field.current = Field("file", "", "file", None, form.row.file_name, url, icon="pdf")
            field.help = _("Leave empty to keep the current file.")

    # The files: the row first, then what belongs to it ──────────────────────────────────────────

    @expose(f"/file/{PK}")
    @has_access
    def file(self, pk: int) -> ResponseReturnValue:
        """The PDF, for display inside the page; `?download=1` as an attachment.

        `?version=7` is a former one.
        """
        row = self.row(pk, names=("file",))
        file = row.file if "version" not in request.args else self._former(row)
        return answer(file, inline="download" not in request.args)

    def _former(self, row: Catalog) -> StoredFile:
        wanted = request.args["version"]
        found = (one.file for one in services.versions(row) if str(one.id) == wanted)
        return next(found, None) or abort(404)

    @expose(f"/cover/{PK}")
    @has_access
    def cover(self, pk: int) -> ResponseReturnValue:
        """The cover, as a picture."""
        row = self.row(pk, names=("cover",))
        return answer(row.cover or abort(404), inline=True)
