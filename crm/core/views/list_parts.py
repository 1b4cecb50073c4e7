"""The page of a list, or of one in a tab of another record: rows, totals, filters, actions."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Response, abort, request, stream_with_context
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement, Select

from crm.core.datamodel import Totals
from crm.core.datamodel.paging import COUNT_CAP, SORTED, PageRequest, ResultPage
from crm.core.models.text import format_money, format_number
from crm.core.transfer import columns_of, export_rows, iterate_rows
from crm.core.types import utcnow
from crm.core.views.address import PREFIX, ListAddress
from crm.core.views.base import CHANGES, tabs_of
from crm.core.views.filterbar import Query
from crm.core.views.list_rows import ListRows
from crm.core.views.pages import ListPage

SIZES = (25, 50, 100)
ALL = 10**9  # rows; no cap, for a list whose sums are requested


def count_text(count: int, *, capped: bool) -> str:
    """A number of rows, as far as they were counted."""
    number = format_number(count)
    return _("more than %(count)s", count=number) if capped else number


def _count(totals: Totals) -> str:
    return count_text(totals.count, capped=totals.is_capped)


class ListParts(ListRows):
    """Builds the page of a list from its URL."""

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
