"""/X/list/: search, filters, order, pages, totals; and the same list as a tab of another record."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from flask import Response, abort, jsonify, redirect, request, stream_with_context
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement, Select

from crm.core.actor import current_actor
from crm.core.datamodel import Totals
from crm.core.datamodel.paging import COUNT_CAP, SORTED, PageRequest, ResultPage
from crm.core.models import spec_of
from crm.core.models.text import format_money, format_number
from crm.core.rows import criteria
from crm.core.transfer import columns_of, export_rows, iterate_rows
from crm.core.types import utcnow
from crm.core.views.address import PREFIX, ListAddress
from crm.core.views.base import CHANGES, Action, BaseView, tabs_of
from crm.core.views.display import Field
from crm.core.views.filterbar import SAVED, FilterBar, Query
from crm.core.views.fitting import fit
from crm.core.views.lines import LineRenderer
from crm.core.views.nav import default_url
from crm.core.views.pages import Column, ListPage, Row
from crm.core.views.tabs import tab_counts

SIZES = (25, 50, 100)
ALL = 10**9  # rows; no cap, for a list whose sums are requested


def count_text(count: int, *, capped: bool) -> str:
    """A number of rows, as far as they were counted."""
    number = format_number(count)
    return _("more than %(count)s", count=number) if capped else number


def _count(totals: Totals) -> str:
    return count_text(totals.count, capped=totals.is_capped)


class ListParts(FilterBar):
    """Builds the page of a list from its URL."""

    list_columns: Sequence[str]
    search_columns: Sequence[str]
    order_columns: Sequence[str]

    # The state ──────────────────────────────────────────────────────────────────────────────────

    def canonical(self, address: ListAddress) -> str:
        """The URL for the filter form, which without script sends filter, op and value."""
        name, operator = request.args["filter"], request.args.get("op", "0")
        address.filters = [f for f in address.filters if f[0] != name]
        values = [value for value in request.args.getlist("value") if value.strip()]
        if not values and self.takes_values(name, operator):
            return address.url()  # the last value of a filter was removed
        key = f"{PREFIX}{operator[:9]}_{name[:60]}"
        return address.url([(key, value) for value in values or [""]])

    # The page ───────────────────────────────────────────────────────────────────────────────────

    def list_page(
        self,
        address: ListAddress,
        *,
        full: bool,
        about: Sequence[ColumnElement[bool]] | None = None,
        without: Sequence[str] = (),
    ) -> ListPage:
        """The list of `address`; `full`: with tabs and filters; `without`: the parent's columns."""
        query = self.query(address, about)
        statement = self.statement(query)
        counted = self.datamodel.select(*query.counted)
        totals = self.datamodel.totals(counted, self.visible(self.sum_columns))
        size = min(max(address.size or self.page_size, 1), self.max_page_size)
        found = self._found(statement, address, size, totals.count)
        page = self.list_class(self.words("list_title"), self.key, self.icon)
        page.columns = [c for c in self.columns(address) if c.name not in without]
        lines = self.line_class(self, page.columns)
        page.rows = [self.line(row, lines) for row in found.rows]
        page.count, page.capped = totals.count, totals.is_capped
        self._put_counts(page, address, found, size)
        self._put_sums(page, totals)
        if not totals.is_summed:
            page.totals_url = (
                self.url("totals") + "?" + address.at(address.pairs()).partition("?")[2]
            )
        self._put_refusals(page, address, query)
        self._put_filters(page, address, query, full)
        self._put_empty(page, query, address)
        self._put_actions(page, address)
        return page

    def _found(
        self, statement: Select[Any], address: ListAddress, size: int, count: int
    ) -> ResultPage:
        ask = PageRequest(
            size,
            cursor=address.after or address.before,
            backwards=bool(address.before) or address.last,
            offset=0 if address.after or address.before else min(address.page * size, COUNT_CAP),
            few=count <= SORTED,
            marks=self.datamodel.marks(CHANGES),
        )
        try:
            found = self.datamodel.page(statement, self.order(address), ask, self._read_columns())
        except ValueError:
            abort(400)
        if ask.marks:
            self.keep_rights(found.rows, found.marked)
        return found

    def _read_columns(self) -> list[str]:
        """The columns to load for a row, `list_relations` of the slice included."""
        return self.visible([*self.list_columns, *self.list_relations])

    list_relations: Sequence[str] = ()

    def export_names(self) -> list[str]:
        """The columns of the CSV: those of the list, then further ones of the record page."""
        sets = [*(self.show_fieldsets or ()), *self.side_fieldsets]
        shown = [name for _title, names in self.fieldsets(sets) for name in names]
        names = dict.fromkeys([*self.visible(self.list_columns), *shown])
        apart = {*self.children, *self.editors_only}
        return [name for name in names if name not in apart]

    def exported(self, address: ListAddress, query: Query, name: str) -> Response:
        """The rows of `query` as CSV, in the order of `address`; 400 where a filter is invalid."""
        if query.wrong:
            abort(400, "\n".join(query.wrong))
        names = self.export_names()
        rows = iterate_rows(
            self.datamodel,
            self.statement(query),
            self.order(address),
            [*names, *self.list_relations],
        )
        pieces = stream_with_context(export_rows(columns_of(self.datamodel.obj, names), rows))
        answer = Response(pieces, mimetype="text/csv")
        file = f"{name}-{utcnow():%Y-%m-%d}.csv"
        answer.headers["Content-Disposition"] = f'attachment; filename="{file}"'
        return answer

    def columns(self, address: ListAddress) -> list[Column]:
        ordered, direction = self.order(address)[0] if self.order(address) else ("", "")
        columns = []
        for position, name in enumerate(self.list_names()):
            spec = spec_of(self.datamodel.obj, name)
            said = self.column_css.get(name) or spec.css or spec.kind.css
            css = said if name in self.phone_columns else f"opt {said}"
            css = "w-name" if position == 0 else css
            column = Column(name, str(spec.label), css)
            if name in self.order_columns:
                down = name == ordered and direction == "asc"
                column.sort_url = address.url(order=(name, "desc" if down else "asc"))
                if name == ordered:
                    column.sorted = "ascending" if direction == "asc" else "descending"
            columns.append(column)
        fit(columns, {self.line_sign, self.state_column, *self.phone_columns})
        return columns

    def list_names(self) -> list[str]:
        """The list's columns now; the company only where rows of several are shown."""
        names = self.visible(self.list_columns)
        if current_actor().active_company_id is not None:
            names = [name for name in names if name != "company"]
        return names

    # What a line says ────────────────────────────────────────────────────────────────────────────

    def line(self, row: Any, lines: LineRenderer) -> Row:
        """The row as `lines` renders it; slices override it to add to that."""
        return lines(row)

    list_class: ClassVar[type[ListPage]] = ListPage
    line_class: ClassVar[type[LineRenderer]] = LineRenderer
    phone_columns: ClassVar[Sequence[str]] = ()  # that stand beside the name on a phone
    line_sign: ClassVar[str] = "next_event_at"  # the column that a phone shows behind the name
    state_column: ClassVar[str] = ""  # the status or stage, which a narrow list keeps
    annotated_columns: ClassVar[Sequence[str] | None] = None  # what `field_of` completes; None: any

    def is_annotated(self, name: str) -> bool:
        """Whether the slice changes the display of a column in some rows."""
        if self.annotated_columns is not None:
            return name in self.annotated_columns
        return type(self).field_of is not BaseView.field_of

    def is_plain(self, row: Any) -> bool:
        """Whether the slice changes nothing in this row, for speed."""
        return False

    def list_field(self, row: Any, name: str) -> Field:
        """The value as displayed in a list."""
        return self.field_of(row, name)

    def line_name(self, row: Any, text: str) -> str:
        """The text of a row's link; `text` is the value of the first column."""
        return text

    def line_note(self, row: Any, text: str) -> str:
        """The text that a phone shows under the name; `text` is the first one of the row."""
        return text

    def row_actions(self, row: Any) -> list[Action]:
        """The actions of a row in the list."""
        if "edit" in self.exclude_route_methods or not self.may("edit", row):
            return []
        return [Action(_("Edit"), self.url("edit", pk=row.id), "pencil")]

    # Its parts ──────────────────────────────────────────────────────────────────────────────────

    def _put_counts(
        self, page: ListPage, address: ListAddress, found: ResultPage, size: int
    ) -> None:
        count, shown = page.count, len(found.rows)
        first = (
            address.first
            if address.after or address.before
            else min(address.page * size, COUNT_CAP)
        )
        if address.last and not page.capped:
            first = max(count - shown, 0)
        first = min(first, max(count - shown, 0)) if not page.capped else first
        page.total_text = count_text(count, capped=page.capped)
        if shown:
            page.range_text = _(
                "%(first)s–%(last)s of %(total)s",
                first=format_number(first + 1),
                last=format_number(first + shown),
                total=page.total_text,
            )
        pairs = address.pairs()
        if found.before:
            page.prev_url = address.at(
                [*pairs, ("before", found.before), ("from", str(max(first - size, 0)))]
            )
        if found.after:
            page.next_url = address.at(
                [*pairs, ("after", found.after), ("from", str(first + shown))]
            )
        page.page_sizes = [(n, address.url(size=n), n == size) for n in SIZES]

    def _put_sums(self, page: ListPage, totals: Any) -> None:
        for currency, sums in totals.sums.items():
            texts = {
                name: format_money(value, currency)
                for name, value in sums.items()
                if value is not None
            }
            if texts:
                page.sums.append((currency, texts))
        if page.sums:
            page.sums_label = ngettext(
                "Sum of %(num)s record", "Sum of %(num)s records", totals.count
            )

    def _put_empty(self, page: ListPage, query: Query, address: ListAddress) -> None:
        if page.rows:
            return
        if not query.is_narrowed:
            page.empty, page.empty_title = "nothing", self.words("empty_title")
            page.empty_text = str(self.empty_text)
            return
        page.empty, page.empty_title = "no_result", _("No result")
        if query.wrong:
            page.empty_text = _("Correct or remove this filter to see the list.")
        page.empty_links = list(self._empty_links(query, address))

    def _empty_links(self, query: Query, address: ListAddress) -> Iterator[tuple[str, str, str]]:
        """(label, URL, number of rows) of what a list without result leads to."""
        is_filtered = bool(query.conditions or query.wrong)
        if query.found is not None and is_filtered:
            found = self.datamodel.totals(self.datamodel.select(*query.base, query.found.where))
            if found.count:
                yield _("Clear the filters"), address.url(filters=[]), _count(found)
            label = _("Show everything")
        else:
            label = _("Clear the filters") if is_filtered else _("Clear the search")
        every = self.datamodel.totals(self.datamodel.select(*query.base))
        yield label, address.url(filters=[], search=""), _count(every)

    def has_row_menu(self) -> bool:
        """Whether the head of some record offers the actor more than to read it."""
        return "row_menu" not in self.exclude_route_methods and (
            self.can("edit")
            or self.can("delete")
            or any(view.can("create") for view, _relation in tabs_of(self.datamodel.obj))
        )

    def _put_actions(self, page: ListPage, address: ListAddress) -> None:
        if self.has_row_menu():
            page.menu_url = self.url_prefix("row_menu")
        if self.can("create") and "add" not in self.exclude_route_methods:
            page.add_url, page.add_label = self.url("add"), self.words("add_title")
        has_page = "bin" not in self.exclude_route_methods
        if self.can("delete") and self.datamodel.has_bin and has_page:
            page.bin_url = self.url("bin")
        if self.can("export") and "export" not in self.exclude_route_methods:
            page.export_url = (
                self.url("export") + "?" + address.at(address.pairs()).partition("?")[2]
            )


class ListPages(ListParts):
    """The list, and what scripts fetch for it: pickers and totals.

    A class apart, because the method `list` hides the type in its body.
    """

    list_template = "core/list.html"

    @expose("/list/")
    @has_access
    def list(self) -> ResponseReturnValue:
        if "filter" in request.args:
            return redirect(self.canonical(self.address(self.url("list"), [SAVED])), 302)
        page = self.list_page(self.address(keep=[SAVED]), full=True)
        return self.render(self.list_template, page=page)

    @expose("/")
    @has_access
    def index(self) -> ResponseReturnValue:
        return redirect(default_url(self, current_actor()) or self.opening_url(), 302)

    @expose("/export")
    @has_access
    def export(self) -> ResponseReturnValue:
        """The list as CSV, filtered and ordered as shown; only rows within the export scope."""
        address = self.address()
        query = self.query(address, extra=[criteria(self.datamodel.obj, "export")])
        return self.exported(address, query, self.route_base.strip("/").replace("/", "-"))

    @expose("/totals/")
    @has_access
    def totals(self) -> ResponseReturnValue:
        """The sums of a long list, fetched after the page."""
        address = self.address()
        query = self.query(address)
        counted = self.datamodel.select(*query.counted)
        totals = self.datamodel.totals(counted, self.visible(self.sum_columns), cap=ALL, summed=ALL)
        page = ListPage("", self.key, self.icon, columns=self.columns(address))
        self._put_sums(page, totals)
        return self.render("core/parts/sums.html", page=page)

    @expose("/counts/")
    @has_access
    def counts(self) -> ResponseReturnValue:
        """The counts on the tabs, fetched after the page."""
        return self.render("core/parts/counts.html", counts=tab_counts(self))

    @expose("/pick/<name>")
    @has_access
    def pick(self, name: str) -> ResponseReturnValue:
        """JSON for a picker: up to twenty rows for a form field or a filter."""
        found = self._options_of(name, request.args.get("q", "")[:100])
        return jsonify(results=found, more=False)
