"""The hooks of a slice for the rows of a table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, inspect

Values = Mapping[str, Any]
Candidates = Callable[[str, Values], ColumnElement[bool] | None]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The slice's functions for the rows of one table; None for core's own.

    `defaults` completes the values of a new row. `create`, `update`, `delete` and `restore` raise
    DomainError by field. `candidates` returns the condition for the rows that a relation may be
    set to, given the other values, and `refusal` the message for others; both read the fields in
    `narrowed_by`, links by name or key. `given_at_creation` are fields that only moves change.
    """

    defaults: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    create: Callable[[Values], Any] | None = None
    update: Callable[[Any, Values], None] | None = None
    delete: Callable[[Any], None] | None = None
    restore: Callable[[int], Any] | None = None
    candidates: Candidates | None = None
    refusal: Callable[[str, Values], str | None] | None = None
    narrowed_by: tuple[str, ...] = ("company",)
    given_at_creation: tuple[str, ...] = ()

    def facts(self, row: Any) -> dict[str, Any]:
        """The values of `row` for the fields in `narrowed_by`, links by key."""
        return {
            key: getattr(row, key)
            for name in self.narrowed_by
            for key in (f"{name}_id", name)
            if key in inspect(type(row)).columns
        }


PLAIN = Rules()  # a table without rules of its own
