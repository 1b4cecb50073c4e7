"""The layouts of saved filters: what they hold, and whether a list is as it was saved."""

from collections.abc import Sequence
from typing import Any, Protocol

from crm.core.errors import NotFound
from crm.core.models.text import parse_number
from crm.core.saved import services
from crm.core.saved.models import SavedKind, SavedView

Layout = dict[str, Any]  # "filters": [[name, operator, texts]], "search", "order": [column, way]
Filter = tuple[str, int, tuple[str, ...]]
Order = tuple[str, str] | None


class ListState(Protocol):
    """The state of a list, as its address says it."""

    filters: list[Filter]
    search: str
    order: Order


def filters_of(layout: Layout) -> list[Filter]:
    return [(name, number, tuple(texts)) for name, number, texts in layout["filters"]]


def written(filters: Sequence[Filter]) -> list[Any]:
    """Filters as a layout keeps them."""
    return [[name, number, list(texts)] for name, number, texts in filters]


def has_filters(layout: Layout, filters: Sequence[Filter]) -> bool:
    """Whether these are the filters that were saved, in whatever order."""
    now, then = (
        {(name, number, frozenset(texts)) for name, number, texts in each}
        for each in (filters, filters_of(layout))
    )
    return now == then


def order_of(layout: Layout) -> Order:
    return (layout["order"][0], layout["order"][1]) if layout["order"] else None


def is_layout_of(layout: Layout, state: ListState) -> bool:
    """Whether a list is as it was saved."""
    said = (layout["search"], order_of(layout))
    return (state.search, state.order) == said and has_filters(layout, state.filters)


def read_saved(text: str, entity: str, kind: SavedKind = SavedKind.LIST) -> SavedView | None:
    """The saved filter or report of the list at /`entity`/ whose id is `text`, if one reads it."""
    pk = parse_number(text)
    if pk is None:
        return None
    try:
        row = services.fetch(pk)
    except NotFound:
        return None
    return row if row.kind == kind.value and row.entity == entity else None
