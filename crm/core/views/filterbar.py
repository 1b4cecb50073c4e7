"""The filters of a list: presets as tabs, applied filters as chips."""

from collections.abc import Container, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import abort, get_template_attribute, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from sqlalchemy import ColumnElement, Select, false, inspect, select

from crm.core.actor import current_actor
from crm.core.datamodel import DataModel
from crm.core.datamodel.filters import (
    ME,
    NONE,
    TEAM,
    Condition,
    FilterFormat,
    can_be_none,
    condition,
    filter_spec,
    filter_target,
    none_words,
    searched_columns,
    typed_number,
)
from crm.core.datamodel.orders import complete_order
from crm.core.datamodel.paging import FEW
from crm.core.errors import DomainError
from crm.core.forms.options import OFFERED, search_candidates
from crm.core.models import Reference, Spec, find_spec, spec_of, target_of
from crm.core.models.locale import locale
from crm.core.models.text import labelled, parse_number
from crm.core.rows import linkable
from crm.core.saved.layouts import is_layout_of, read_saved
from crm.core.search import SearchMatch, Way, find
from crm.core.types import fold
from crm.core.views.address import ListAddress, read_address
from crm.core.views.base import BaseView, Preset
from crm.core.views.display import hue_of, initials, zone
from crm.core.views.pages import Chip, FilterChoice, ListPage, Note

FILTERS = "core/parts/filters.html"
SAVED = "saved"  # the argument with the id of the saved filter that a list was opened with
STATE = Markup("<!-- state -->")  # where a popover keeps the list's state


@dataclass
class Query:
    """The conditions of a list by origin, as an empty list explains itself by them."""

    base: list[ColumnElement[bool]]
    conditions: list[Condition]
    found: SearchMatch | None
    wrong: list[str]  # sentences about filters that cannot be applied

    @property
    def where(self) -> list[ColumnElement[bool]]:
        return self._with(self.found.where if self.found is not None else None)

    @property
    def counted(self) -> list[ColumnElement[bool]]:
        """As `where`, quicker to count by."""
        return self._with(self.found.counted if self.found is not None else None)

    def _with(self, search: ColumnElement[bool] | None) -> list[ColumnElement[bool]]:
        found = [search] if search is not None else []
        # Ignoring the filter would show, count and export rows that were not requested.
        none = [false()] if self.wrong else []
        return [*self.base, *(c.where for c in self.conditions), *found, *none]

    @property
    def is_narrowed(self) -> bool:
        return bool(self.conditions or self.wrong) or self.found is not None


class FilterBar(BaseView):
    """The filters and the order of a list, from its URL."""

    search_columns: Sequence[str]
    picked_columns: Sequence[str] = ()  # links that further forms of the slice offer
    order_columns: Sequence[str]

    def __init__(self, **kwargs: Any) -> None:
        self._idle: dict[tuple[str, str, str], FilterChoice] = {}
        super().__init__(**kwargs)

    @property
    def key(self) -> str:
        return type(self).__name__

    @property
    def entity(self) -> str:
        """What saved filters call this list."""
        return str(self.route_base or "").strip("/")

    def address(self, path: str = "", keep: Sequence[str] = ()) -> ListAddress:
        return read_address(self.key, path or request.path, self.visible(self.search_columns), keep)

    def base_conditions(self) -> list[ColumnElement[bool]]:
        """The conditions without any filter: the company chosen in the top bar."""
        actor, model = current_actor(), self.datamodel.obj
        if actor.active_company_id is None or not hasattr(model, "company_id"):
            return []
        own = model.company_id == actor.active_company_id
        return (
            [own | model.company_id.is_(None)] if model.__table__.c.company_id.nullable else [own]
        )

    def query(
        self,
        address: ListAddress,
        about: Sequence[ColumnElement[bool]] | None = None,
        extra: Sequence[ColumnElement[bool]] = (),
    ) -> Query:
        """The conditions of a URL; no row satisfies them where a filter is invalid.

        `about` replaces the base conditions, `extra` is added to them.
        """
        base = self.base_conditions() if about is None else about
        query = Query([*base, *extra], [], None, [])
        query.wrong += [
            _("The filter “%(name)s” does not exist here.", name=n) for n in address.unknown
        ]
        for name, operator, values in address.filters:
            try:
                query.conditions.append(
                    condition(self.datamodel.obj, name, operator, values, FilterFormat(zone()))
                )
            except DomainError as error:
                label = self.filter_label(name)
                query.wrong.append(labelled(label, error))
        if address.search:
            query.found = find(self.datamodel.session, self.datamodel.obj, address.search, *base)
        return query

    def statement(self, query: Query) -> Select[Any]:
        """The rows that satisfy a query."""
        is_few = query.found is not None and query.found.is_few
        return self.datamodel.select(*query.where).execution_options(**{FEW: is_few})

    def takes_values(self, name: str, operator: str) -> bool:
        """Whether the operator exists for this filter and takes a value."""
        if name not in self.visible(self.search_columns) or not operator.isdecimal():
            return False
        offered = filter_spec(self.datamodel.obj, name).kind.operators
        return int(operator[:9]) < len(offered) and offered[int(operator[:9])].values != 0

    def _put_refusals(self, page: ListPage, address: ListAddress, query: Query) -> None:
        """Notes about filters of the URL that cannot be applied, with a link without them."""
        applied = {(c.name, c.operator) for c in query.conditions}
        without = address.url(filters=[f for f in address.filters if f[:2] in applied])
        label = _("Show the list without this filter")
        page.notes = [Note("warn", text, without, label) for text in query.wrong]
        if address.order and address.order[0] not in self.visible(self.order_columns):
            text = _("This list cannot be sorted by “%(name)s”.", name=address.order[0][:60])
            page.notes.append(Note("warn", text))

    def filter_label(self, name: str) -> str:
        said = _("Team") if name == TEAM else self.filter_labels.get(name)
        return str(said if said is not None else filter_spec(self.datamodel.obj, name).label)

    def order(self, address: ListAddress) -> list[tuple[str, str]]:
        """The requested order where it is offered, else the view's default."""
        asked = address.order
        is_ours = asked is not None and asked[0] in self.visible(self.order_columns)
        return complete_order(
            self.datamodel.obj, [asked] if asked and is_ours else [], self.base_order
        )

    def _put_filters(self, page: ListPage, address: ListAddress, query: Query, full: bool) -> None:
        page.search = address.search
        page.search_url = address.path
        page.search_label = _("Search here")
        page.search_way = _way_of(query, page)
        page.region_label = page.title
        self.put_choices(page, address, query.conditions, self.filter_names() if full else [])
        if not searched_columns(self.datamodel.obj):
            page.search_label = ""
        order = self.order(address)[:1]
        for name in self.visible(self.order_columns):
            label = str(spec_of(self.datamodel.obj, name).label)
            here = bool(order) and order[0][0] == name
            way = "desc" if order == [(name, "asc")] else "asc"
            page.sort_options.append((label, address.url(order=(name, way)), here))
        if full and self.presets:
            self._put_presets(page, address)
        if full and query.is_narrowed and not query.wrong:
            self._put_saving(page, address)

    def put_choices(
        self,
        page: ListPage,
        address: ListAddress,
        applied: Sequence[Condition],
        names: Sequence[str],
    ) -> None:
        """The chips of what is applied, and the popovers of the filters `names`."""
        page.state = address.pairs(search="")
        page.chips = [self.chip(c, address) for c in applied]
        page.filters = self._filter_choices(page, address, names)

    def visible_presets(self) -> Sequence[Preset]:
        """The presets whose setting is on."""
        return [p for p in self.presets if not p.switch or current_actor().is_enabled(p.switch)]

    def filter_names(self) -> list[str]:
        names = self.visible(self.search_columns)
        return [n for n in names if n != "company" or current_actor().active_company_id is None]

    def preset_url(self, preset: Preset) -> str:
        """The URL of the list with this preset."""
        return self._with_preset(ListAddress(self.key, self.url("list")), preset)

    def opening_url(self) -> str:
        """The URL that the menu leads to."""
        opening = next((p for p in self.visible_presets() if p.key == self.opens_on), None)
        return self.preset_url(opening) if opening is not None else self.url("list")

    def _with_preset(self, address: ListAddress, preset: Preset) -> str:
        has_orders = any(one.order for one in self.presets)
        order = preset.order if has_orders else address.order
        return address.url(filters=_filters_of(preset), search="", order=order)

    def choose_part(self, address: ListAddress) -> None:
        """Let the list in a tab of a record begin with the first of its parts."""
        if self.tab_parts and not address.filters:
            first = self.tab_parts[0]
            address.filters, address.order = _filters_of(first), address.order or first.order

    def put_parts(self, page: ListPage, address: ListAddress) -> None:
        """The parts of the list in a tab, as links, and what it says of an empty one."""
        for part in self.tab_parts:
            is_now = address.filters == _filters_of(part)
            url = address.url(filters=_filters_of(part), order=part.order)
            page.presets.append((str(part.label), url, is_now, part.key))
            if is_now and page.empty == "no_result":
                page.empty, page.empty_title = "nothing", str(self.tab_empty_titles[part.key])
                page.empty_text = ""

    def _put_presets(self, page: ListPage, address: ListAddress) -> None:
        now = {(name, operator, tuple(values)) for name, operator, values in address.filters}
        for preset in self.visible_presets():
            is_now = now == set(_filters_of(preset))
            url = self._with_preset(address, preset)
            page.presets.append((str(preset.label), url, is_now, preset.key))
        page.counts_url = self.url("counts")

    def _put_saving(self, page: ListPage, address: ListAddress) -> None:
        """The links that save the filters, where no preset and no saved filter has them."""
        if not address.search and any(is_now for _label, _url, is_now, _key in page.presets):
            return
        saved = read_saved(dict(address.rest).get(SAVED, ""), self.entity)
        if saved is not None and is_layout_of(saved.layout, address):
            return
        pairs = address.pairs()
        page.save_url = f"{url_for('SavedFilterView.add')}?" + urlencode(
            [("list", self.entity), *pairs]
        )
        if saved is not None and saved.user_id == current_actor().user_id:
            page.update_url = f"{url_for('SavedFilterView.update', pk=saved.id)}?{urlencode(pairs)}"
            page.saved_name, page.saved_version = saved.name, saved.row_version

    def preset_where(self, preset: Preset) -> list[ColumnElement[bool]]:
        """The conditions of a preset, the base conditions included."""
        found = [
            condition(self.datamodel.obj, *said, FilterFormat(zone())).where
            for said in preset.filters
        ]
        return [*self.base_conditions(), *found]

    def chip(self, applied: Condition, address: ListAddress) -> Chip:
        spec = filter_spec(self.datamodel.obj, applied.name)
        operator = spec.kind.operators[applied.operator]
        left = [f for f in address.filters if (f[0], f[1]) != (applied.name, applied.operator)]
        words = self._value_words(applied, spec)
        verb, text = str(operator.label), ", ".join(dict.fromkeys(words))
        if operator.values == -1 and len(applied.texts) == 1 and applied.operator == 0:
            verb = _("is")
        elif operator.values == 2:
            text = " – ".join(words)
        elif operator.days:
            verb, text = _days_words(operator.days, int(applied.texts[0])), ""
        values = dict(zip(applied.texts, words, strict=True)) if operator.values == -1 else {}
        label = self.filter_label(applied.name)
        without = address.url(filters=left)
        return Chip(applied.name, label, verb, text, without, values, spec.kind.is_typed)

    def _value_words(self, applied: Condition, spec: Spec) -> list[str]:
        """The words of each value, in the order of the texts."""
        names = self.names(applied) if spec.kind.is_link else {}
        words = []
        for value in applied.values:
            if value is None:
                words.append(none_words(spec))
            elif spec.kind.is_link:
                words.append(names.get(value) or _("Not available"))
            else:
                words.append(spec.write(value, zone()))
        return words

    def names(self, applied: Condition) -> dict[int, str]:
        """id → name of the rows that are meant and in reach."""
        if applied.texts == (ME,):
            return {current_actor().user_id: current_actor().name}
        target = filter_target(self.datamodel.obj, applied.name)
        pks = [value for value in applied.values if value is not None]
        named = select(target).where(target.id.in_(pks), linkable(target))
        found = self.datamodel.session.scalars(named).unique() if pks else ()
        return {row.id: self._option(row)["text"] for row in found}

    def _filter_choices(
        self, page: ListPage, address: ListAddress, names: Sequence[str]
    ) -> list[FilterChoice]:
        """The filters that are offered, each with its popover."""
        popover = get_template_attribute(FILTERS, "popover")
        kept = [*page.state, *([("search", page.search)] if page.search else [])]
        state = get_template_attribute(FILTERS, "hidden")(kept)
        applied = {name for name, _operator, _values in address.filters}
        choices = []
        for name in names:
            if name in self.unlisted_filters and not self._is_shown(name, applied):
                continue
            if name in applied:
                choice = self._filter_choice(name, address)
                chips = [chip for chip in page.chips if chip.name == name]
                choice.words = {text: word for chip in chips for text, word in chip.values.items()}
                choice.popover = popover(choice, address.path, state, chips)
            else:
                choice = copy(self._idle_choice(name, address, popover))
                choice.popover = Markup(choice.popover.replace(STATE, state))  # noqa: S704
            choice.is_offered = name not in self.unlisted_filters
            choices.append(choice)
        return choices

    def _is_shown(self, name: str, applied: Container[str]) -> bool:
        """Whether a filter that is not offered can be changed, as it is applied."""
        return name in applied and filter_spec(self.datamodel.obj, name).kind.is_typed

    def _idle_choice(self, name: str, address: ListAddress, popover: Any) -> FilterChoice:
        """A filter that is not applied; cached, as only the list's state differs."""
        key = (str(locale()), address.path, name)
        choice = self._idle.get(key)
        if choice is None:
            choice = self._idle[key] = self._filter_choice(name, address)
            choice.popover = popover(choice, address.path, STATE, [])
        return choice

    def _filter_choice(self, name: str, address: ListAddress) -> FilterChoice:
        spec = filter_spec(self.datamodel.obj, name)
        choices = spec.kind.filter_choices(spec)
        has_none = can_be_none(self.datamodel.obj, name) and spec.kind.operators[0].values == -1
        if choices and has_none:
            choices = [*choices, (NONE, none_words(spec))]
        choice = FilterChoice(
            name, self.filter_label(name), spec.kind, spec.kind.operators, choices
        )
        if spec.kind.is_link or _is_searched_choice(spec):
            asked = {"none": 1} if has_none else {}
            choice.picker_url = self.url("pick", name=name, **asked)
        for filtered, operator, values in address.filters:
            if filtered == name:
                choice.current_operator = operator
                choice.current_values = tuple(typed_number(spec, v, zone()) for v in values)
        return choice

    def _picked(self, name: str) -> tuple[str, Any]:
        """(relation, DataModel) of a picker of this table or of one of its child tables."""
        parent, dot, rest = name.partition(".")
        if dot and rest in self.children.get(parent, ()) and self.visible([parent]):
            child = inspect(self.datamodel.obj).relationships[parent].mapper.class_
            return rest, DataModel(child, self.datamodel.rules)
        forms = (*(self.add_columns or ()), *(self.edit_columns or ()), *self.picked_columns)
        offered = {*forms, *self.search_columns}
        if dot and name in self.visible(self.search_columns):
            if not filter_spec(self.datamodel.obj, name).kind.is_link:
                abort(404)
            return rest, DataModel(target_of(self.datamodel.obj, parent))
        spec = find_spec(self.datamodel.obj, name) if name in offered else None
        if spec is None or not spec.kind.is_link:
            abort(404)
        if self.is_child_list(name) or not self.visible([name]):
            abort(404)
        return name, self.datamodel

    def _options_of(self, name: str, text: str) -> list[dict[str, Any]]:
        """What a picker offers for `text`: rows, or the choices of a field that has many."""
        asked = fold(text)
        found: list[dict[str, Any]] = []
        is_filter = name in self.visible(self.search_columns)
        spec = filter_spec(self.datamodel.obj, name) if is_filter else None
        if spec is not None and "none" in request.args and asked in fold(none_words(spec)):
            found.append({"value": NONE, "text": none_words(spec)})
        if spec is not None and _is_searched_choice(spec):
            choices = ({"value": key, "text": words} for key, words in spec.kind.choices(spec))
            return [*found, *(one for one in choices if asked in fold(one["text"]))][:OFFERED]
        relation, datamodel = self._picked(name)
        without = parse_number(request.args.get("without", ""))
        rows = search_candidates(datamodel, relation, text, self._surroundings(), without)
        return [*found, *map(self._option, rows)]

    def _surroundings(self) -> dict[str, Any]:
        """The values of the form around a picker: ids as int, the rest as text."""
        links = inspect(self.datamodel.obj).relationships
        values: dict[str, Any] = {}
        for name in ("id", *self.datamodel.rules.narrowed_by):
            text = request.args.get(name, "")
            if name == "id" or name in links:
                number = parse_number(text)
                if number is not None:
                    values[f"{name}_id" if name in links else name] = number
            elif text:
                values[name] = text[:40]
        return values

    def _option(self, row: Any) -> dict[str, Any]:
        text = str(row)
        option: dict[str, Any] = {"value": str(row.id), "text": text}
        if hasattr(row, "first_name") and hasattr(row, "username"):
            option |= {"initials": initials(text), "hue": hue_of(row.id)}
        kinds = find_spec(type(row), "kind") if isinstance(row, Reference) else None
        if kinds is not None and kinds.choices:
            option["group"] = str(kinds.choices[row.kind])
        detail = getattr(row, "detail", "")
        if detail:
            option["detail"] = str(detail)
        return option


def _filters_of(preset: Preset) -> list[tuple[str, int, tuple[str, ...]]]:
    return [(name, operator, tuple(values)) for name, operator, values in preset.filters]


def _is_searched_choice(spec: Spec) -> bool:
    """Whether a field has too many choices for its filter to show them all."""
    kind = spec.kind
    is_chosen = not kind.is_link and kind.operators[0].values == -1
    return is_chosen and not kind.filter_choices(spec)


def _days_words(sign: int, days: int) -> str:
    if sign < 0:
        return ngettext("in the last %(num)s day", "in the last %(num)s days", days)
    return ngettext("in the next %(num)s day", "in the next %(num)s days", days)


def _way_of(query: Query, page: ListPage) -> str:
    """How the search matched, in words: at the beginning of words or inside them."""
    is_number = not any(sign.isalpha() for sign in page.search)
    if query.found is None or not page.rows or is_number:
        return ""
    if query.found.way is Way.BEGINNING:
        return _("Words that begin with “%(search)s”", search=page.search)
    return _("No word begins with “%(search)s”; words that contain it", search=page.search)
