"""Rows as JSON: exact numbers as text, instants in UTC, links as id and label only."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState

from crm.core.datamodel.loading import Children
from crm.core.models import key_of, kinds, spec_of


def represent(row: Any, names: Iterable[str], children: Children) -> dict[str, Any]:
    """`row` as an object of its id, its version where it has one, and `names`."""
    result: dict[str, Any] = {"id": row.id}
    if hasattr(row, "row_version"):
        result["row_version"] = row.row_version
    for name in names:
        columns = children.get(name)
        if columns is None:
            result[name] = value(row, name)
        else:
            result[name] = [represent(child, columns, {}) for child in getattr(row, name)]
    return result


def value(row: Any, name: str) -> Any:
    spec = spec_of(type(row), name)
    found = getattr(row, name)
    if spec.kind is kinds.REFERENCE:
        return _link(row, name, found)
    if spec.kind.is_list:
        return [_target(item) for item in found]
    if found is None or (found == "" and spec.unset is not None):
        return None
    return spec.kind.to_json(spec, found)


def _target(row: Any) -> dict[str, Any]:
    return {"id": row.id, "label": str(row)}


def _link(row: Any, relation: str, target: Any) -> dict[str, Any] | None:
    """A to-one link; of a row that is hidden or in the bin, only that there is one."""
    if target is not None:
        return _target(target)
    state: InstanceState[Any] = inspect(row)
    if getattr(row, key_of(state.mapper.relationships[relation])) is None:
        return None
    return {"id": None, "label": None, "available": False}
