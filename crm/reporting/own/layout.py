"""What a reader chose for a report, from the address of its page or from what was saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import request
from flask_babel import gettext as _

from crm.core.datamodel.grouping import Group, Measure
from crm.core.errors import DomainError
from crm.core.saved.layouts import Filter, filters_of, has_filters, written
from crm.core.saved.layouts import Layout as Saved
from crm.core.views.address import ListAddress, Pairs, read_address
from crm.core.views.layouts import FiltersLeft, filters_left, label_of, refuse_many
from crm.reporting.own.subjects import groups_of, measures_of
from crm.reporting.saving import REPORT

BY, AND, MEASURE, LOOK = "by", "and", "measure", "look"
TABLE = "table"
KEPT = (BY, AND, MEASURE, LOOK, REPORT)  # arguments beside the filters of lists
UNSET = "-"  # no second group


@dataclass
class Layout:
    """A choice: the keys of one or two groups and of a measure, and whether as a chart.

    `wrong`: what cannot be shown as it was asked for, in sentences.
    """

    view: Any
    by: tuple[str, ...] = ()
    measure: str = ""
    is_table: bool = False
    wrong: list[str] = field(default_factory=list)

    @property
    def groups(self) -> list[Group]:
        return [groups_of(self.view)[key][1] for key in self.by]

    @property
    def measures(self) -> list[Measure]:
        return [measures_of(self.view)[self.measure][1]] if self.measure else []

    @property
    def labels(self) -> list[str]:
        return [groups_of(self.view)[key][0] for key in self.by]

    def pairs(self) -> Pairs:
        """The arguments of its page."""
        pairs = list(zip((BY, AND), self.by, strict=False))
        pairs += [(MEASURE, self.measure)] if self.measure else []
        return pairs + ([(LOOK, TABLE)] if self.is_table else [])


def read_layout(view: Any, said: Mapping[str, str]) -> Layout:
    """The choice that an address says; without one by the first group that there is."""
    layout, offered = Layout(view), groups_of(view)
    asked = [said.get(name, "") for name in (BY, AND)]
    for key in dict.fromkeys(one for one in asked if one and one != UNSET):
        if key not in offered:
            layout.wrong.append(_missing(key))
        elif any(offered[key][1].name == offered[other][1].name for other in layout.by):
            layout.wrong.append(_("Choose two different fields."))
        else:
            layout.by = (*layout.by, key)
    layout.by = layout.by or (_first(offered),)
    measure = said.get(MEASURE, "")
    if measure and measure not in measures_of(view):
        layout.wrong.append(_missing(measure.partition(":")[2] or measure))
    else:
        layout.measure = measure
    layout.is_table = said.get(LOOK) == TABLE
    return layout


def _missing(name: str) -> str:
    return _("The field “%(name)s” does not exist here.", name=name.partition(":")[0][:60])


def _first(offered: Mapping[str, Any]) -> str:
    """What a new report is grouped by."""
    return "owner" if "owner" in offered else next(iter(offered))


def address_of(layout: Layout, path: str) -> ListAddress:
    """The state of the request, with the choices of `layout`."""
    view = layout.view
    found = read_address(view.key, path, view.visible(view.search_columns))
    found.search, found.order, found.size = "", None, None
    kept = request.args.get(REPORT, "")
    found.rest = [*layout.pairs(), *([(REPORT, kept)] if kept else [])]
    return found


def saved_of(layout: Layout, address: ListAddress) -> Saved:
    """What is saved of it. Raises DomainError where something is wrong."""
    wrong = [*layout.wrong, *layout.view.query(address).wrong]
    if wrong:
        raise DomainError("\n".join(wrong))
    refuse_many(address.filters)
    return {
        "filters": written(address.filters),
        "by": list(layout.by),
        "measure": layout.measure,
        "look": TABLE if layout.is_table else "",
    }


def is_saved_as(saved: Saved, layout: Layout, filters: Sequence[Filter]) -> bool:
    """Whether a report is as it was saved."""
    mine = ([*layout.by], layout.measure, TABLE if layout.is_table else "")
    said = (saved["by"], saved["measure"], saved["look"])
    return mine == said and has_filters(saved, filters)


def open_saved(view: Any, saved: Saved) -> tuple[Layout, FiltersLeft]:
    """The report without what went away, or what the reader has no right to."""
    said = dict(zip((BY, AND), saved["by"], strict=False))
    layout = read_layout(view, {**said, MEASURE: saved["measure"], LOOK: saved["look"]})
    left = filters_left(view, filters_of(saved), view.visible(view.search_columns))
    keys = [*saved["by"], saved["measure"].partition(":")[2]]
    shown = {*layout.by, layout.measure.partition(":")[2], ""}
    lost = [label_of(view, key.partition(":")[0]) for key in keys if key not in shown]
    return layout, FiltersLeft(left.filters, [*lost, *left.lost])
