"""The rows that a figure counts, in the period and in the one before, and the lists they are in."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from babel.numbers import get_currency_name
from sqlalchemy import ColumnElement, case

from crm.core.actor import current_actor
from crm.core.datamodel.filters import FilterFormat, condition, filter_spec
from crm.core.datamodel.grouping import TEAM, Group, Grouped, Measure, Sum, read_groups
from crm.core.datamodel.largest import Largest
from crm.core.models import spec_of
from crm.core.models.locale import locale
from crm.core.models.text import format_day, labelled
from crm.core.views.address import ListAddress
from crm.core.views.display import zone
from crm.reporting.boards import keys
from crm.reporting.boards.asked import Asked, address, conditions, list_view, merged
from crm.reporting.boards.keys import Filter
from crm.reporting.boards.periods import Period

Totals = tuple[int, tuple[Sum, ...]]  # number of rows, and the sums of the measures
BEYOND = ...  # the key of the groups that are put together
ByGroup = Mapping[str, Mapping[Any, Totals]]  # currency → group → Totals; "" without money


@dataclass(frozen=True)
class Rows:
    """The rows of `model` that a figure is about.

    `filters` are those of its list; `dated` is the date that the period bounds, "" where the
    figures are of now. `window` stands in place of the period that the reader chose. `view`: the
    list, where it is not the first one of the model.
    """

    model: type[Any]
    filters: Callable[[], Sequence[Filter]]
    dated: str = ""
    window: Callable[[], Period] | None = None
    view: Any = None


@dataclass
class Reading:
    """Rows while they are counted for somebody; of those that satisfy `extra`."""

    rows: Rows
    asked: Asked
    extra: Sequence[ColumnElement[bool]] = ()
    view: Any = field(init=False)
    filters: list[Filter] = field(init=False)
    period: Period | None = field(init=False)
    before: Period | None = field(init=False)
    beyond: dict[str, int] = field(init=False, default_factory=dict)  # currency → groups

    def __post_init__(self) -> None:
        rows = self.rows
        self.view = rows.view or list_view(rows.model)
        offered = set(self.view.visible(self.view.search_columns))
        self.common = [one for one in self.asked.filters if one[0] in offered]
        self.filters = merged(self.common, rows.filters())
        window = rows.window() if rows.window is not None else None
        self.period = (window or self.asked.period) if rows.dated else None
        self.before = self.asked.before if rows.dated and window is None else None

    def read(
        self, groups: Sequence[Group], measures: Sequence[Measure] = (), cut: Largest | None = None
    ) -> tuple[ByGroup, ByGroup]:
        """What there is now, and in the period before; in one statement.

        The key is the value of the group; of several, or of none, a tuple of them. With `cut`, the
        first one is BEYOND of what is put together, and `beyond` says how many groups that are.
        """
        spans = [span for span in (self.period, self.before) if span is not None]
        where = [*conditions(self.view, self.filters), *self.extra]
        parts: list[Any] = []
        if spans:
            bounds = [conditions(self.view, [self.bound(span)])[-1] for span in spans]
            where.append(bounds[0] if len(bounds) == 1 else bounds[0] | bounds[1])
            parts = [case((bounds[0], 0), else_=1)] if len(bounds) > 1 else []
        told: tuple[dict[str, Any], dict[str, Any]] = (defaultdict(dict), defaultdict(dict))
        if cut is not None and parts:
            cut = replace(cut, by_part=True)
        self.beyond = {}
        for one in read_groups(self.rows.model, where, [*groups, *parts], measures, cut):
            if self._is_meant(groups, one):
                currency, found = one.currency or "", one.keys[: len(groups)]
                if one.together:
                    self.beyond[currency], found = one.together, (BEYOND, *found[1:])
                key = found[0] if len(groups) == 1 else found
                told[one.keys[-1] if parts else 0][currency][key] = (one.count, one.sums)
        return told

    def number(self, now: ByGroup, groups: Sequence[Group]) -> int:
        """The number of rows; read apart where a row counts in several groups."""
        if any(group.name == TEAM for group in groups):
            now, _before = self.read([])
        return sum(count for each in now.values() for count, _sums in each.values())

    def _is_meant(self, groups: Sequence[Group], one: Grouped) -> bool:
        """Of the teams that a filter names only those, where somebody is in others as well."""
        for group, key in zip(groups, one.keys, strict=False):
            if group.name == TEAM and any(
                found.name == TEAM and found.operator == 0 and key not in found.values
                for found in self._applied()
            ):
                return False
        return True

    def _applied(self) -> list[Any]:
        form = FilterFormat(zone())
        return [condition(self.rows.model, *one, form) for one in self.filters]

    def bound(self, period: Period) -> Filter:
        """The filter of the rows of a period."""
        texts = (period.first.isoformat(), period.last.isoformat())
        between = keys.operator_of(self.rows.model, self.rows.dated, "between")
        return self.rows.dated, between, texts

    def url(self, period: Period | None, *more: Filter) -> str:
        """The list of the rows of `period`, further narrowed."""
        bound = [self.bound(period)] if period is not None else []
        narrowed = [self._beside(one) for one in more]
        return address(self.view, merged(self.filters, bound, narrowed))

    def _beside(self, one: Filter) -> Filter:
        """A filter that leaves values out, with those that the reader leaves out already."""
        name, number, texts = one
        if filter_spec(self.rows.model, name).kind.operators[number].key != "not_in":
            return one
        mine = [given[2] for given in self.filters if given[:2] == (name, number)]
        return name, number, tuple(dict.fromkeys([*(t for part in mine for t in part), *texts]))

    def only(self, currency: str) -> list[Filter]:
        """The filter of a currency; none where no money is measured."""
        if not currency:
            return []
        operator = keys.operator_of(self.rows.model, "currency", "in", "eq")
        return [("currency", operator, (currency,))]

    def words(self, caption: str) -> str:
        """`caption` with the date that is filtered, and the filters of the board."""
        parts = [caption]
        if self.period is not None:
            label = spec_of(self.rows.model, self.rows.dated).label
            days = f"{format_day(self.period.first)} – {format_day(self.period.last)}"
            parts.append(labelled(label, days))
        mine = [
            one for one in self._applied() if one.name in {name for name, *_rest in self.common}
        ]
        chips = [self.view.chip(one, ListAddress(self.view.key, "")) for one in mine]
        parts += [f"{chip.label} {chip.operator} {chip.value_text}" for chip in chips]
        return ". ".join(parts) + "."


def currencies(now: ByGroup) -> list[str]:
    """The company's currency first, then those with the most rows."""
    company = current_actor().company
    first = company.currency if company is not None else ""

    def place(currency: str) -> tuple[bool, int, str]:
        return currency != first, -sum(n for n, _sums in now[currency].values()), currency

    return sorted(now, key=place)


def currency_words(currency: str) -> str:
    """The name of a currency; "" where no money is measured."""
    return str(get_currency_name(currency, locale=locale())) if currency else ""


def added(parts: Sequence[Totals]) -> Totals:
    """The sum of groups."""
    sums = zip(*(sums for _count, sums in parts if sums), strict=True)
    return sum(count for count, _sums in parts), tuple(sum(one, Sum()) for one in sums)
