"""/X/list/: search, filters, order, pages, totals; and the same list as a tab of another record."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Response, abort, jsonify, redirect, request, stream_with_context
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement, Select, inspect, select

from crm.core.actor import current_actor
from crm.core.datamodel import DataModel
from crm.core.datamodel.filters import (
    ME,
    Condition,
    condition,
    filter_spec,
    operators_of,
    search,
    searched_columns,
)
from crm.core.datamodel.loading import loading
from crm.core.datamodel.paging import COUNT_CAP, Ask, Found
from crm.core.errors import DomainError
from crm.core.forms.form import code_choices
from crm.core.forms.options import pick
from crm.core.models import Spec, spec_of
from crm.core.models.text import write_money, write_number, written
from crm.core.rows import criteria
from crm.core.transfer.export import columns_of, every_row, export_rows
from crm.core.types import utcnow
from crm.core.views.address import Address, read_address
from crm.core.views.base import Action, BaseView, Preset
from crm.core.views.shown import Field, hue_of, initials, zone

SIZES = (25, 50, 100)
RIGHT = ("integer", "decimal", "money", "percent")
CSS_OF_KIND = {
    "date": "num w-date",
    "instant": "num w-date",
    "stars": "w-score",
    "phone": "num w-phone",
}
CSS_OF_NAME = {
    "owner": "w-who", "agency": "w-agency", "status": "w-status", "stage": "w-status",
    "company": "w-co", "organization": "w-org", "account": "w-org", "email": "w-mail from-xl",
    "phone": "num w-phone from-l", "next_event_at": "w-next", "reference": "w-ref",
}  # fmt: skip


@dataclass
class Column:
    """A head of the table."""

    name: str
    label: str
    css: str
    sort_url: str | None = None
    sorted: str = ""


@dataclass
class Row:
    """A line of the table."""

    id: int
    url: str
    fields: list[Field]
    sub_text: str = ""
    sub_field: Field | None = None
    sub_glyph: Field | None = None
    actions: list[Action] = field(default_factory=list)

    @property
    def main(self) -> Field:
        return self.fields[0]


@dataclass
class Chip:
    """An applied filter, as a sentence with a way out."""

    name: str
    label: str
    operator: str
    value_text: str
    remove_url: str


@dataclass
class FilterChoice:
    """A field that may be filtered on."""

    name: str
    label: str
    kind: str
    operators: list[tuple[int, str, bool]]
    choices: list[tuple[str, str]]
    picker_url: str = ""
    current_operator: int | None = None
    current_values: tuple[str, ...] = ()


@dataclass
class ListPage:
    """Everything templates/core/list.html places."""

    title: str
    key: str
    entity_icon: str
    columns: list[Column] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    count: int = 0
    capped: bool = False
    total_text: str = ""
    range_text: str = ""
    prev_url: str = ""
    next_url: str = ""
    page_sizes: list[tuple[int, str, bool]] = field(default_factory=list)
    presets: list[tuple[str, str, bool, str]] = field(default_factory=list)
    chips: list[Chip] = field(default_factory=list)
    filters: list[FilterChoice] = field(default_factory=list)
    state: list[tuple[str, str]] = field(default_factory=list)
    search: str = ""
    search_param: str = "search"
    search_url: str = ""
    search_label: str = ""
    region_label: str = ""
    empty: str = ""
    empty_title: str = ""
    empty_text: str = ""
    unfiltered_count: int | None = None
    clear_url: str = ""
    clear_filters_url: str = ""
    add_url: str = ""
    add_label: str = ""
    bin_url: str = ""
    export_url: str = ""
    sums: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    sums_label: str = ""
    totals_url: str = ""
    sort_options: list[tuple[str, str, bool]] = field(default_factory=list)
    notes: list[Any] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    menu: list[Action] = field(default_factory=list)
    views: list[tuple[str, str, str, bool]] = field(default_factory=list)
    card_template: str = ""
    crumbs: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Query:
    """What a list is asked for: its conditions told apart, for the words of an empty answer."""

    base: list[ColumnElement[bool]]
    conditions: list[Condition]
    found: ColumnElement[bool] | None
    wrong: list[str]

    @property
    def where(self) -> list[ColumnElement[bool]]:
        found = [self.found] if self.found is not None else []
        return [*self.base, *(c.where for c in self.conditions), *found]

    @property
    def is_narrowed(self) -> bool:
        return bool(self.conditions) or self.found is not None


class ListParts(BaseView):
    """How a list is read from its address and put together."""

    list_columns: Sequence[str]
    search_columns: Sequence[str]
    order_columns: Sequence[str]

    def _picked(self, name: str) -> tuple[str, Any]:
        """A visible relation of the table, or of the lines of one of its children."""
        parent, dot, rest = name.partition(".")
        if dot and rest in self.children.get(parent, ()) and self.visible([parent]):
            child = inspect(self.datamodel.obj).relationships[parent].mapper.class_
            return rest, DataModel(child, self.datamodel.services)
        offered = {*(self.add_columns or ()), *(self.edit_columns or ()), *self.search_columns}
        if name not in offered or name not in inspect(self.datamodel.obj).relationships:
            abort(404)
        if not self.visible([name]):
            abort(404)
        return name, self.datamodel

    def _surroundings(self) -> dict[str, Any]:
        """What the form around a picker says already: ids as numbers, the rest as text."""
        values: dict[str, Any] = {}
        for name in ("company", "account", "kind", "type", "id"):
            text = request.args.get(name, "")
            if text.isdecimal() and len(text) < 10:
                values[name if name == "id" else f"{name}_id"] = int(text)
            elif text:
                values[name] = text[:40]
        return values

    def _option(self, row: Any) -> dict[str, Any]:
        text = str(row)
        option: dict[str, Any] = {"value": str(row.id), "text": text}
        if hasattr(row, "first_name") and hasattr(row, "username"):
            text = f"{row.first_name} {row.last_name}".strip()
            option |= {"text": text, "initials": initials(text), "hue": hue_of(row.id)}
        detail = getattr(row, "detail", "")
        if detail:
            option["detail"] = str(detail)
        return option

    # The state ──────────────────────────────────────────────────────────────────────────────────

    @property
    def key(self) -> str:
        return type(self).__name__

    def address(self, path: str = "", keep: Sequence[str] = ()) -> Address:
        return read_address(self.key, path or request.path, self.visible(self.search_columns), keep)

    def _canonical(self) -> str:
        """Without script the filter form sends filter, op and value: say it as the address does."""
        address = self.address(self.url("list"))
        name, operator = request.args["filter"], request.args.get("op", "0")
        kept = [f for f in address.filters if f[0] != name]
        if operator.isdecimal() and name in self.search_columns:
            kept.append((name, int(operator), tuple(request.args.getlist("value"))))
        return address.url(filters=kept)

    def base_conditions(self) -> list[ColumnElement[bool]]:
        """What the list is about, before anybody filters; the company chosen in the top bar."""
        actor, model = current_actor(), self.datamodel.obj
        if actor.active_company_id is None or not hasattr(model, "company_id"):
            return []
        own = model.company_id == actor.active_company_id
        return (
            [own | model.company_id.is_(None)] if model.__table__.c.company_id.nullable else [own]
        )

    def query(
        self,
        address: Address,
        about: Sequence[ColumnElement[bool]] | None = None,
        extra: Sequence[ColumnElement[bool]] = (),
    ) -> Query:
        """The conditions of an address; a filter that makes no sense is named and left out.

        `about` takes the place of what the list is about, `extra` narrows that.
        """
        base = self.base_conditions() if about is None else about
        query = Query([*base, *extra], [], None, [])
        for name, operator, values in address.filters:
            try:
                query.conditions.append(
                    condition(self.datamodel.obj, name, operator, values, zone())
                )
            except DomainError as error:
                label = self._filter_label(name)
                query.wrong.append(_("%(field)s: %(error)s", field=label, error=error))
        if address.search:
            query.found = search(self.datamodel.obj, address.search)
        return query

    def _filter_label(self, name: str) -> str:
        return str(filter_spec(self.datamodel.obj, name).label)

    def order(self, address: Address) -> list[tuple[str, str]]:
        """The order asked for where it is one of ours, else the view's."""
        if address.order and address.order[0] in self.visible(self.order_columns):
            return [address.order]
        base: Any = self.base_order or ()
        orders = [base] if base and isinstance(base[0], str) else base
        return [(name, direction) for name, direction in orders]

    # The page ───────────────────────────────────────────────────────────────────────────────────

    def list_page(
        self,
        address: Address,
        *,
        full: bool,
        about: Sequence[ColumnElement[bool]] | None = None,
        without: str = "",
    ) -> ListPage:
        """The list of `address`. `full` with tabs and filters; `without` the column of a parent."""
        query = self.query(address, about)
        statement = self.datamodel.select(*query.where)
        totals = self.datamodel.totals(statement, self.sum_columns)
        size = min(max(address.size or self.page_size, 1), self.max_page_size)
        found = self._found(statement, address, size, totals.count)
        page = ListPage(self.words("list_title"), self.key, self.icon)
        page.columns = [c for c in self.columns(address) if c.name != without]
        page.rows = [self.line(row, page.columns) for row in found.rows]
        page.count, page.capped = totals.count, totals.is_capped
        self._put_counts(page, address, found, size)
        self._put_sums(page, totals)
        if self.sum_columns and totals.is_capped:
            page.totals_url = (
                self.url("totals") + "?" + address.at(address.pairs()).partition("?")[2]
            )
        page.notes = [Note("warn", text) for text in query.wrong]
        self._put_filters(page, address, query, full)
        self._put_empty(page, query, address)
        self._put_actions(page, address)
        return page

    def _found(self, statement: Select[Any], address: Address, size: int, count: int) -> Found:
        ask = Ask(
            size,
            cursor=address.after or address.before,
            backwards=bool(address.before) or address.last,
            offset=0 if address.after or address.before else min(address.page * size, COUNT_CAP),
        )
        try:
            return self.datamodel.page(statement, self.order(address), ask, self._read_columns())
        except ValueError:
            abort(400)

    def _read_columns(self) -> list[str]:
        """The columns that a line reads; a slice adds in `list_relations` what else it needs."""
        return self.visible([*self.list_columns, *self.list_relations])

    list_relations: Sequence[str] = ()

    def export_names(self) -> list[str]:
        """The columns of the CSV: the list's, then what else the record shows."""
        sets = [*(self.show_fieldsets or ()), *self.side_fieldsets]
        shown = [name for _title, names in self.fieldsets(sets) for name in names]
        names = dict.fromkeys([*self.visible(self.list_columns), *shown])
        return [name for name in names if name not in self.children]

    def _collections(self, names: Sequence[str]) -> list[str]:
        """The lists among `names` and in what the list's computed values need, with their paths."""
        mapped = inspect(self.datamodel.obj).relationships
        lists = {relation.key for relation in mapped if relation.uselist}
        every = [*names, *self.list_relations]
        return [name for name in every if name.partition(".")[0] in lists]

    def columns(self, address: Address) -> list[Column]:
        ordered, direction = self.order(address)[0] if self.order(address) else ("", "")
        columns = []
        for position, name in enumerate(self.list_names()):
            spec = spec_of(self.datamodel.obj, name)
            css = "w-name" if position == 0 else f"opt {_css(name, spec)}"
            column = Column(name, str(spec.label), css)
            if name in self.order_columns:
                down = name == ordered and direction == "asc"
                column.sort_url = address.url(order=(name, "desc" if down else "asc"))
                if name == ordered:
                    column.sorted = "ascending" if direction == "asc" else "descending"
            columns.append(column)
        return columns

    def list_names(self) -> list[str]:
        """The list's columns now: the company's only where rows of several are shown."""
        names = self.visible(self.list_columns)
        if current_actor().active_company_id is not None:
            names = [name for name in names if name != "company"]
        return names

    def line(self, row: Any, columns: Sequence[Column]) -> Row:
        fields = [self.field_of(row, column.name) for column in columns]
        url = self.page_of(row) or self.url("show", pk=row.id)
        fields[0].url = url
        line = Row(row.id, url, fields, actions=self.row_actions(row))
        by_name = {one.name: one for one in fields}
        line.sub_field = by_name.get("next_event_at")
        line.sub_glyph = next((f for f in fields if f.kind == "status"), None)
        line.sub_text = next((f.text for f in fields[1:] if f.kind in ("text", "reference")), "")
        return line

    def row_actions(self, row: Any) -> list[Action]:
        """The menu of a line: what can be done without opening it."""
        if not self.can("edit") or "edit" in self.exclude_route_methods:
            return []
        return [Action(_("Edit"), self.url("edit", pk=row.id), "pencil")]

    # Its parts ──────────────────────────────────────────────────────────────────────────────────

    def _put_counts(self, page: ListPage, address: Address, found: Found, size: int) -> None:
        count, shown = page.count, len(found.rows)
        first = (
            address.first
            if address.after or address.before
            else min(address.page * size, COUNT_CAP)
        )
        if address.last and not page.capped:
            first = max(count - shown, 0)
        first = min(first, max(count - shown, 0)) if not page.capped else first
        page.total_text = (
            _("more than %(count)s", count=write_number(count))
            if page.capped
            else write_number(count)
        )
        if shown:
            page.range_text = _(
                "%(first)s–%(last)s of %(total)s",
                first=write_number(first + 1),
                last=write_number(first + shown),
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
                name: write_money(value, currency)
                for name, value in sums.items()
                if value is not None
            }
            if texts:
                page.sums.append((currency, texts))
        if page.sums:
            page.sums_label = ngettext(
                "Sum of %(num)s record", "Sum of %(num)s records", totals.count
            )

    def _put_filters(self, page: ListPage, address: Address, query: Query, full: bool) -> None:
        page.search = address.search
        page.search_url = address.path
        page.search_label = _("Search here")
        page.region_label = page.title
        page.state = address.pairs(search="")
        page.chips = [self._chip(c, address) for c in query.conditions]
        page.filters = (
            [self._filter_choice(name, address) for name in self.filter_names()] if full else []
        )
        if not searched_columns(self.datamodel.obj):
            page.search_label = ""
        order = self.order(address)[:1]
        for name in self.visible(self.order_columns):
            label = str(spec_of(self.datamodel.obj, name).label)
            here = order == [(name, "asc")]
            page.sort_options.append((label, address.url(order=(name, "asc")), here))
        if full and self.presets:
            self._put_presets(page, address)

    def shown_presets(self) -> Sequence[Preset]:
        """The shipped filters that make sense now."""
        return [p for p in self.presets if not p.switch or current_actor().on(p.switch)]

    def filter_names(self) -> list[str]:
        names = self.visible(self.search_columns)
        return [n for n in names if n != "company" or current_actor().active_company_id is None]

    def _put_presets(self, page: ListPage, address: Address) -> None:
        presets = self.shown_presets()
        counts = self.datamodel.counts(
            {
                preset.key: self.datamodel.select(*self.preset_where(preset))
                for preset in self.presets
            }
        )
        now = {(name, operator, tuple(values)) for name, operator, values in address.filters}
        for preset in presets:
            filters = [(name, operator, tuple(values)) for name, operator, values in preset.filters]
            count = counts.get(preset.key, 0)
            text = write_number(count) if count <= COUNT_CAP else f"{write_number(COUNT_CAP)}+"
            page.presets.append(
                (
                    str(preset.label),
                    address.url(filters=filters, search=""),
                    now == set(filters),
                    text,
                )
            )

    def preset_where(self, preset: Preset) -> list[ColumnElement[bool]]:
        """The conditions of a shipped filter, with those of the list itself."""
        found = [condition(self.datamodel.obj, *said, zone()).where for said in preset.filters]
        return [*self.base_conditions(), *found]

    def _chip(self, applied: Condition, address: Address) -> Chip:
        spec = filter_spec(self.datamodel.obj, applied.name)
        operator = operators_of(spec)[applied.operator]
        left = [f for f in address.filters if (f[0], f[1]) != (applied.name, applied.operator)]
        words = self._value_words(applied, spec)
        verb = str(operator.label)
        if operator.values == -1 and len(applied.texts) == 1 and applied.operator == 0:
            verb = _("is")
        return Chip(applied.name, str(spec.label), verb, words, address.url(filters=left))

    def _value_words(self, applied: Condition, spec: Spec) -> str:
        if spec.kind in ("reference", "references"):
            return ", ".join(self._names(applied))
        return " – ".join(_one_of(spec, value) for value in applied.values)

    def _names(self, applied: Condition) -> list[str]:
        if applied.texts == (ME,):
            return [current_actor().name]
        target = inspect(self.datamodel.obj).relationships[applied.name].mapper.class_
        rows = self.datamodel.session.scalars(select(target).where(target.id.in_(applied.values)))
        return [self._option(row)["text"] for row in rows.unique()] or [_("Not available")]

    def _filter_choice(self, name: str, address: Address) -> FilterChoice:
        spec = filter_spec(self.datamodel.obj, name)
        operators = [(n, str(o.label), o.values != 0) for n, o in enumerate(operators_of(spec))]
        choice = FilterChoice(name, str(spec.label), spec.kind, operators, [])
        if spec.choices is not None:
            choice.choices = [(key, str(words)) for key, words in spec.choices.items()]
        elif spec.kind in ("reference", "references"):
            choice.picker_url = self.url("pick", name=name)
        elif spec.kind == "boolean":
            choice.choices = [("1", _("Yes")), ("0", _("No"))]
        elif spec.kind in ("country", "currency"):
            choice.choices = code_choices(spec.kind) if spec.kind == "currency" else []
        for filtered, operator, values in address.filters:
            if filtered == name:
                choice.current_operator, choice.current_values = operator, values
        return choice

    def _put_empty(self, page: ListPage, query: Query, address: Address) -> None:
        if page.rows:
            return
        if not query.is_narrowed:
            page.empty, page.empty_title = "nothing", self.words("empty_title")
            page.empty_text = str(self.empty_text)
            return
        page.empty, page.empty_title = "no_result", _("No result")
        page.clear_url = address.url(filters=[], search="")
        page.clear_filters_url = (
            address.url(filters=[]) if query.found is not None and query.conditions else ""
        )
        page.unfiltered_count = self.datamodel.totals(self.datamodel.select(*query.base)).count

    def _put_actions(self, page: ListPage, address: Address) -> None:
        if self.can("create") and "add" not in self.exclude_route_methods:
            page.add_url, page.add_label = self.url("add"), self.words("add_title")
        if self.can("delete") and self.datamodel.has_bin:
            page.bin_url = self.url("bin")
        if self.can("export") and "export" not in self.exclude_route_methods:
            page.export_url = (
                self.url("export") + "?" + address.at(address.pairs()).partition("?")[2]
            )


@dataclass
class Note:
    """A sentence on the page, with its tone."""

    tone: str
    text: str
    url: str = ""
    url_label: str = ""


class ListPages(ListParts):
    """The list and what it is asked by script: pickers and totals.

    A class of its own, because inside it `list` is a page and no longer a type.
    """

    list_template = "core/list.html"

    @expose("/list/")
    @has_access
    def list(self) -> ResponseReturnValue:
        if "filter" in request.args:
            return redirect(self._canonical(), 302)
        page = self.list_page(self.address(), full=True)
        return self.render(self.list_template, page=page)

    @expose("/")
    @has_access
    def index(self) -> ResponseReturnValue:
        return redirect(self.url("list"), 302)

    @expose("/export")
    @has_access
    def export(self) -> ResponseReturnValue:
        """The list as it is filtered and ordered, as CSV; only rows within the export scope."""
        address = self.address()
        query = self.query(address, extra=[criteria(self.datamodel.obj, "export")])
        names = self.export_names()
        rows = every_row(
            self.datamodel,
            self.datamodel.select(*query.where),
            self.order(address),
            self.relations([*names, *self.list_relations]),
            loading(self.datamodel.obj, self._collections(names), joined=False),
        )
        name = f"{self.route_base.strip('/').replace('/', '-')}-{utcnow():%Y-%m-%d}.csv"
        pieces = stream_with_context(export_rows(columns_of(self.datamodel.obj, names), rows))
        answer = Response(pieces, mimetype="text/csv")
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    @expose("/totals/")
    @has_access
    def totals(self) -> ResponseReturnValue:
        """The sums of a list too long to be summed while its page is made."""
        address = self.address()
        query = self.query(address)
        totals = self.datamodel.totals(
            self.datamodel.select(*query.where), self.sum_columns, cap=10**9
        )
        page = ListPage("", self.key, self.icon, columns=self.columns(address))
        self._put_sums(page, totals)
        return self.render("core/parts/sums.html", page=page)

    @expose("/pick/<name>")
    @has_access
    def pick(self, name: str) -> ResponseReturnValue:
        """Twenty rows that a field of the form, or a filter, may be set to."""
        relation, datamodel = self._picked(name)
        found = pick(datamodel, relation, request.args.get("q", "")[:100], self._surroundings())
        return jsonify(results=[self._option(row) for row in found], more=False)


def _css(name: str, spec: Spec) -> str:
    if name in CSS_OF_NAME:
        return CSS_OF_NAME[name]
    if spec.kind in RIGHT:
        return "num r w-amount"
    return CSS_OF_KIND.get(spec.kind, "")


def _one_of(spec: Spec, value: Any) -> str:
    return written(spec, value, zone=zone())
