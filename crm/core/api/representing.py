"""A row → JSON: exact numbers as text, instants in UTC, links by id and label, never more."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState

from crm.core.datamodel.loading import Children
from crm.core.models import key_of, spec_of


def represent(row: Any, names: Iterable[str], children: Children) -> dict[str, Any]:
    """`row` as an object of its id, its version where it has one, and `names`."""
    told: dict[str, Any] = {"id": row.id}
    if hasattr(row, "row_version"):
        told["row_version"] = row.row_version
    for name in names:
        columns = children.get(name)
        if columns is None:
            told[name] = value(row, name)
        else:
            told[name] = [represent(child, columns, {}) for child in getattr(row, name)]
    return told


def value(row: Any, name: str) -> Any:
    """One field of `row` in JSON."""
    spec = spec_of(type(row), name)
    found = getattr(row, name)
    match spec.kind:
        case "reference":
            return _link(row, name, found)
        case "references":
            return [_target(item) for item in found]
        case "money" | "decimal" | "percent" if isinstance(found, Decimal | int) and spec.places:
            return f"{Decimal(found):.{spec.places}f}"
        case "next" if isinstance(found, tuple):
            return to_json(found[0])  # the moment; what goes with it is for a page
        case _:
            return to_json(found)


def to_json(found: Any) -> Any:
    """A stored value in JSON, by its type."""
    match found:
        case Enum():
            return found.value
        case datetime():
            return found.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return found.isoformat()
        case Decimal():
            return f"{found:f}"
        case None | bool() | int() | str() | dict():
            return found
        case _:
            return str(found)


def _target(row: Any) -> dict[str, Any]:
    return {"id": row.id, "label": str(row)}


def _link(row: Any, relation: str, target: Any) -> dict[str, Any] | None:
    """The row behind a key; of one that is hidden or in the bin, only that there is one."""
    if target is not None:
        return _target(target)
    state: InstanceState[Any] = inspect(row)
    if getattr(row, key_of(state.mapper.relationships[relation])) is None:
        return None
    return {"id": None, "label": None, "available": False}
