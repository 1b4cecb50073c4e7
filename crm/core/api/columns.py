"""The fields that an API reads and writes: those of the table's view, checked at start-up."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import inspect

from crm.core.datamodel.filters import filter_spec, is_filterable
from crm.core.datamodel.loading import Children
from crm.core.datamodel.orders import is_sortable
from crm.core.errors import DomainError
from crm.core.models import Child, Spec, find_spec, spec_of, target_of
from crm.core.views.base import views_of

# Never in a response, even if declared as a field.
SECRET = re.compile(r"passw|hash|secret|token|(^|_)salt|_key$")
# In every list whose table has them, for synchronisation.
ALWAYS = ("external_ref", "changed_on")
AUDIT = ("created_on", "created_by", "changed_by")
# Attributes that are copied from the view.
SAME = (
    "datamodel", "class_permission_name", "setting", "setting_columns", "children", "base_order",
    "list_relations", "editors_only", "outcome_columns", "list_title", "show_title", "add_title",
    "edit_title",
)  # fmt: skip


def columns_of(view: Any) -> dict[str, Any]:
    """The declarations of a view class, by the attribute names of ModelRestApi."""
    model = view.datamodel.obj
    listed = _without_files(model, [*(view.list_columns or ()), *_those_of(model, ALWAYS)])
    shown = view.show_columns or _fields(view, "show_fieldsets", "side_fieldsets")
    new = _writable(model, view.add_columns or _fields(view, "add_fieldsets"))
    changed = _writable(model, view.edit_columns or _fields(view, "edit_fieldsets"))
    outcome, audit = getattr(view, "outcome_columns", ()), _those_of(model, AUDIT)
    readable = _without_files(model, [*shown, *listed, *new, *changed, *outcome, *audit])
    found = {name: getattr(view, name) for name in SAME if getattr(view, name, None)}
    ordered = view.order_columns or [name for name in listed if is_sortable(model, name)]
    return found | {
        "resource_name": (view.route_base or "").strip("/") or None,
        "list_columns": listed,
        "show_columns": readable,
        "add_columns": new,
        "edit_columns": changed,
        "search_columns": _searched(view, readable),
        "order_columns": list(dict.fromkeys([*ordered, *_those_of(model, ("changed_on",))])),
    }


def _fields(view: Any, *sets: str) -> list[str]:
    fieldsets = [fieldset for name in sets for fieldset in getattr(view, name, None) or ()]
    return [name for _, options in fieldsets for name in options["fields"]]


def _without_files(model: type[Any], names: Iterable[str]) -> list[str]:
    """`names` once each, without files; `check` refuses what is no field."""
    return [n for n in dict.fromkeys(names) if not _is_file(model, n)]


def _writable(model: type[Any], names: Sequence[str]) -> list[str]:
    """The fields of a form, and the external reference."""
    return _without_files(model, [*names, *_those_of(model, ("external_ref",))] if names else ())


def _searched(view: Any, readable: Sequence[str]) -> list[str]:
    """The filters of the page, and further ones on the columns of the list."""
    model, private = view.datamodel.obj, getattr(view, "editors_only", None) or ()
    more = (n for n in readable if is_filterable(model, n) and n not in private)
    return list(dict.fromkeys([*(view.search_columns or ()), *more]))


def _those_of(model: type[Any], names: Iterable[str]) -> list[str]:
    """Those of `names` that are fields of the table."""
    return [name for name in names if find_spec(model, name) is not None]


def _is_file(model: type[Any], name: str) -> bool:
    spec = find_spec(model, name)
    return spec is not None and spec.kind.is_file


def is_written(spec: Spec) -> bool:
    return not spec.readonly and not spec.kind.is_file


def written_lines(model: type[Any], relation: str, children: Children) -> list[str]:
    """The columns of a list's rows that a request may set."""
    target = target_of(model, relation)
    return [name for name in children[relation] if is_written(spec_of(target, name))]


def written(api: Any, names: Iterable[str]) -> list[str]:
    """The fields of a body: those of `names` that can be set, and the fields of moves."""
    model = api.datamodel.obj
    free = [name for name in names if is_written(spec_of(model, name))]
    found: list[str] = api.visible(dict.fromkeys([*free, *api.outcome_columns]))
    return found


def check(api: Any) -> None:
    """Refuse an API with missing lists, or with unknown or secret columns. Raises RuntimeError.

    FAB 5.3 would use all columns for a missing list, and dump related rows as a whole, password
    hash included.
    """
    model, name = api.datamodel.obj, type(api).__name__
    kinds = ("list_columns", "show_columns", "add_columns", "edit_columns", "outcome_columns")
    for kind in kinds:
        for column in getattr(api, kind):
            _check_column(f"{name}.{kind}: {column}", model, column, api.children)
    for relation, columns in api.children.items():
        child = target_of(model, relation)
        for column in columns:
            _check_column(f"{name}.children: {relation}.{column}", child, column, {})
    for column in api.search_columns:
        _check_filter(f"{name}.search_columns: {column}", model, column)
    for column in api.order_columns:
        if not is_sortable(model, column):
            raise RuntimeError(f"{name}.order_columns: {column} cannot be sorted by")
    for column in {*api.editors_only} & {*api.search_columns, *api.order_columns}:
        raise RuntimeError(f"{name}.editors_only: {column} could be guessed by filters or order")


def _check_column(where: str, model: type[Any], name: str, children: Children) -> None:
    if SECRET.search(name):
        raise RuntimeError(f"{where} looks like a secret")
    if find_spec(model, name) is None:
        raise RuntimeError(f"{where} is no field")
    mapper = inspect(model)
    if name in mapper.columns and mapper.columns[name].foreign_keys:
        raise RuntimeError(f"{where} is a key; name its relationship")
    relation = mapper.relationships.get(name)
    if relation is not None and issubclass(relation.mapper.class_, Child) and name not in children:
        raise RuntimeError(f"{where}: say in `children` which columns of its rows are told")


def _check_filter(where: str, model: type[Any], name: str) -> None:
    if SECRET.search(name):
        raise RuntimeError(f"{where} looks like a secret")
    try:
        filter_spec(model, name)
    except (DomainError, KeyError) as error:
        raise RuntimeError(f"{where} cannot be filtered on") from error


def part_columns(model: type[Any]) -> list[str]:
    """The fields that a new row may be given as a part: those of its form, without its lines."""
    view = views_of(model)[0]
    names = view.visible(view.add_columns)
    return [name for name in names if name not in view.children and name != "company"]
