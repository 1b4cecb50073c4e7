"""Where a record shows its fields: each once, what is empty folded away."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import inspect

from crm.core.views.base import FieldGroup
from crm.core.views.display import Field
from crm.core.views.html import value
from crm.core.views.pages import RecordPage


def shown_above(page: RecordPage) -> dict[str, Field]:
    """The fields above the tabs, by name."""
    return {field.name: field for field in [*page.headline, *page.figures]}


def leave_out(groups: Sequence[FieldGroup], names: Sequence[str]) -> list[FieldGroup]:
    """The groups without these fields; a group that had no other is left out."""
    found = []
    for group in groups:
        had = bool(group.fields)
        group.fields = [field for field in group.fields if field.name not in names]
        if group.fields or not had:
            found.append(group)
    return found


def fold(model: type[Any], groups: Sequence[FieldGroup]) -> list[str]:
    """Mark the fields that say nothing, and the groups of only such fields; returns the labels."""
    for group in groups:
        for field in group.fields:
            field.folded = is_blank(model, field)
        group.folded = bool(group.fields) and all(field.folded for field in group.fields)
    return [str(field.label) for group in groups for field in group.fields if field.folded]


def is_blank(model: type[Any], field: Field) -> bool:
    """Whether the field is empty, or the "No" that every new record has."""
    if field.kind == "boolean":
        return not field.value and not _is_on_by_default(model, field.name)
    return not value(field).strip()


def _is_on_by_default(model: type[Any], name: str) -> bool:
    column = inspect(model).columns.get(name)
    default = column.default if column is not None else None
    return bool(getattr(default, "arg", False))
