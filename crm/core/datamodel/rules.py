"""What a slice does its own way with the rows of a table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, inspect

Values = Mapping[str, Any]
Candidates = Callable[[str, Values], ColumnElement[bool] | None]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The slice's functions for the rows of one table; where one is None, core's way is used.

    `defaults` completes the values of a new row. `create`, `update`, `delete` and `restore` raise
    DomainError by field. `candidates` is what a relation may be set to beside the given values, as
    SQL, and `refusal` the sentence where it may not; both read the fields in `narrowed_by`, a link
    by its name or its key. `given_at_creation` names fields that only a move changes later.
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
        """What `row` says of the fields in `narrowed_by`: links by their keys."""
        return {
            key: getattr(row, key)
            for name in self.narrowed_by
            for key in (f"{name}_id", name)
            if key in inspect(type(row)).columns
        }


PLAIN = Rules()  # a table without rules of its own
