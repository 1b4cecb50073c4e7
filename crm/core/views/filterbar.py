"""The state of a list in its address: search, filters and order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, false

from crm.core.datamodel.filters import (
    Condition,
    FilterFormat,
    condition,
    filter_spec,
    searched_columns,
)
from crm.core.datamodel.orders import complete_order
from crm.core.datamodel.paging import FEW
from crm.core.errors import DomainError
from crm.core.models import spec_of
from crm.core.models.text import labelled
from crm.core.search import SearchMatch, Way, find
from crm.core.views.address import ListAddress, read_address
from crm.core.views.display import zone
from crm.core.views.pages import ListPage, Note
from crm.core.views.presets import PresetTabs


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


class FilterBar(PresetTabs):
    """The filters and the order of a list, from its URL."""

    order_columns: Sequence[str]

    def address(self, path: str = "", keep: Sequence[str] = ()) -> ListAddress:
        return read_address(self.key, path or request.path, self.visible(self.search_columns), keep)

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
        if full:
            self.put_tabs(page, address)
        if full and query.is_narrowed and not query.wrong:
            self.put_saving(page, address)


def _way_of(query: Query, page: ListPage) -> str:
    """How the search matched, in words: at the beginning of words or inside them."""
    is_number = not any(sign.isalpha() for sign in page.search)
    if query.found is None or not page.rows or is_number:
        return ""
    if query.found.way is Way.BEGINNING:
        return _("Words that begin with “%(search)s”", search=page.search)
    return _("No word begins with “%(search)s”; words that contain it", search=page.search)
