"""What is saved of a list: its filters, search and order as JSON, and its address again."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _

from crm.core.datamodel.filters import Condition, FilterFormat, condition, filter_spec
from crm.core.errors import DomainError
from crm.core.saved.layouts import Filter, Layout, filters_of, order_of, written
from crm.core.views.address import ListAddress
from crm.core.views.base import all_views
from crm.core.views.display import zone
from crm.core.views.filterbar import FilterBar

MOST_FILTERS, MOST_VALUES = 30, 200


@dataclass
class OpenedList:
    """The address of a saved list, and the labels of filters of which something went away."""

    url: str
    lost: list[str] = field(default_factory=list)


def list_of(entity: str) -> FilterBar | None:
    """The list at /`entity`/, if the actor may open it."""
    for view in all_views():
        is_list = isinstance(view, FilterBar) and "list" not in view.exclude_route_methods
        if is_list and view.entity == entity:
            return view if view.is_accessible() else None
    return None


def layout_of(view: FilterBar, address: ListAddress) -> Layout:
    """The layout of a list's address. Raises DomainError where there is nothing to be saved."""
    query = view.query(address)
    if query.wrong:
        raise DomainError("\n".join(query.wrong))
    if not address.filters and not address.search:
        raise DomainError(_("There is no filter to save: filter the list first."))
    refuse_many(address.filters)
    return {
        "filters": written(address.filters),
        "search": address.search,
        "order": list(address.order or ()),
    }


def opened(view: FilterBar, layout: Layout, rest: Sequence[tuple[str, str]]) -> OpenedList:
    """The address of a saved list, without what the reader cannot filter by any more."""
    address, lost = saved_address(view, layout)
    address.rest = list(rest)
    return OpenedList(address.url(), lost)


def saved_address(view: FilterBar, layout: Layout) -> tuple[ListAddress, list[str]]:
    """The same as a state, and the labels of what is missing."""
    address = ListAddress(view.key, view.url("list"))
    left = filters_left(view, filters_of(layout), view.visible(view.search_columns))
    address.filters, address.search = left.filters, layout["search"]
    address.order = order_of(layout)
    if address.order and address.order[0] not in view.visible(view.order_columns):
        address.order = None
    return address, left.lost


@dataclass
class FiltersLeft:
    """Saved filters as their reader may have them, and the labels of what is missing."""

    filters: list[Filter] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def filters_left(view: FilterBar, filters: Sequence[Filter], offered: Sequence[str]) -> FiltersLeft:
    """Those of the filters that are offered, without values that are gone or out of reach."""
    found = FiltersLeft()
    for name, number, texts in filters:
        left = _left(view, name, number, texts) if name in offered else None
        if left is None or len(left) < len(texts):
            found.lost.append(label_of(view, name))
        if left is not None and (left or not texts):
            found.filters.append((name, number, left))
    return found


def refuse_many(filters: Sequence[Filter]) -> None:
    """Raises DomainError for more filters or values than are saved."""
    longest = max((len(texts) for _name, _number, texts in filters), default=0)
    if len(filters) > MOST_FILTERS or longest > MOST_VALUES:
        raise DomainError(_("Choose at most %(num)s values.", num=MOST_VALUES))


def _left(
    view: FilterBar, name: str, number: int, texts: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Those of the texts that still mean something to the reader; None where none do."""
    try:
        applied = condition(view.datamodel.obj, name, number, texts, FilterFormat(zone()))
    except DomainError:
        return None
    if not texts or not filter_spec(view.datamodel.obj, name).kind.is_link:
        return texts
    left = _in_reach(view, applied)
    return left or None


def _in_reach(view: FilterBar, applied: Condition) -> tuple[str, ...]:
    names = view.names(applied)
    pairs = zip(applied.texts, applied.values, strict=True)
    return tuple(text for text, value in pairs if value is None or value in names)


def filter_words(view: FilterBar, address: ListAddress) -> str:
    """What a list is filtered by."""
    chips = [view.chip(one, address) for one in view.query(address).conditions]
    said = [f"{one.label} {one.operator} {one.value_text}".strip() for one in chips]
    return " · ".join([*said, *([f"“{address.search}”"] if address.search else [])])


def label_of(view: FilterBar, name: str) -> str:
    """What a filter is called; its name where there is none of that name any more."""
    try:
        return view.filter_label(name)
    except DomainError:
        return name
