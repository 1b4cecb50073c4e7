"""The lists that reports are made of, and what each offers to its reader."""

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import inspect

from crm.core.datamodel.buckets import Step
from crm.core.datamodel.grouping import TEAM, Group, Measure
from crm.core.models import Label, computed, find_spec, kinds
from crm.core.views.base import all_views
from crm.core.views.filterbar import FilterBar
from crm.reporting.boards.keys import measure_label

ENTITIES = (
    "leads", "prospects", "clients", "contacts", "opportunities", "quotes", "events", "catalogs",
    "products",
)  # fmt: skip
CHOSEN = (kinds.CHOICE, kinds.BOOLEAN, kinds.COUNTRY, kinds.LANGUAGE, kinds.CURRENCY, kinds.STARS)
DATED = (kinds.DATE, kinds.INSTANT)
ADDED = (kinds.MONEY, kinds.INTEGER, kinds.DECIMAL)  # of others a sum says nothing
BY_STEP: Mapping[Step, Label] = {
    Step.DAY: _l("by day"),
    Step.WEEK: _l("by week"),
    Step.MONTH: _l("by month"),
    Step.QUARTER: _l("by quarter"),
    Step.YEAR: _l("by year"),
}

Groups = Mapping[str, tuple[str, Group]]  # as an address says it → label, group
Measures = Mapping[str, tuple[str, Measure]]


def subjects() -> list[Any]:
    """The lists that the actor may open, in the order of the menu."""
    found = {
        view.entity: view
        for view in all_views()
        if isinstance(view, FilterBar) and view.entity in ENTITIES and view.is_accessible()
    }
    return [found[entity] for entity in ENTITIES if entity in found]


def subject(entity: str) -> Any:
    """One of them; None where there is none."""
    return next((view for view in subjects() if view.entity == entity), None)


def groups_of(view: Any) -> Groups:
    """What the rows of a list can be grouped by: the filters that the reader is offered.

    A text is none of them, as no two rows need have the same.
    """
    found: dict[str, tuple[str, Group]] = {}
    for name in view.visible(view.search_columns):
        label = view.filter_label(name)
        if name == TEAM or _is_grouped(view, name):
            found[name] = (label, Group(name))
        elif _kind(view, name) in DATED and name in inspect(view.datamodel.obj).columns:
            for step, said in BY_STEP.items():
                found[f"{name}:{step}"] = (f"{label}, {said}", Group(name, step))
    return found


def _is_grouped(view: Any, name: str) -> bool:
    mapper = inspect(view.datamodel.obj)
    relation, dot, rest = name.partition(".")
    if dot:
        return rest == "kind" and name in view.unlisted_filters
    if relation in mapper.relationships:
        return not mapper.relationships[relation].uselist
    return name in mapper.columns and _kind(view, name) in CHOSEN


def _kind(view: Any, name: str) -> Any:
    spec = find_spec(view.datamodel.obj, name) if "." not in name else None
    return spec.kind if spec is not None else None


def measures_of(view: Any) -> Measures:
    """The numbers that the reader sees of a row, added up or averaged."""
    found: dict[str, tuple[str, Measure]] = {}
    for name in _numbers(view):
        hows = ("sum", "average") if _kind(view, name) in ADDED else ("average",)
        for how in hows:
            measure = Measure(how, name)
            found[f"{how}:{name}"] = (measure_label(view.datamodel.obj, measure), measure)
    return found


def _numbers(view: Any) -> Iterator[str]:
    model, offered = view.datamodel.obj, view.visible(view.search_columns)
    given = (view.list_columns, view.show_columns, view.edit_columns, view.search_columns)
    names = dict.fromkeys(name for columns in given for name in columns or ())
    for name in view.visible([name for name in names if name not in view.editors_only]):
        kind = _kind(view, name)
        if kind is None or not kind.is_number or not _is_in_sql(model, name):
            continue
        if kind is not kinds.MONEY or "currency" in offered:  # amounts are told by currency
            yield name


def _is_in_sql(model: type[Any], name: str) -> bool:
    made = getattr(model, name)
    if isinstance(made, computed):
        return made.sql is not None
    return name in inspect(model).columns
