"""Checks that the models of several slices share."""

from typing import Any

from sqlalchemy import inspect

from crm.core.errors import DomainError


def refuse_cycle(row: Any, relation: str, message: str) -> None:
    """Refuse a row that is its own ancestor. Raises DomainError on `relation`."""
    if not changed(row, relation):
        return
    seen = row
    while (seen := getattr(seen, relation)) is not None:
        if seen is row:
            raise DomainError(message, field=relation)


def company_id_of(row: Any) -> int | None:
    """The company of a row, also before its first flush, when only the relation is set."""
    company_id: int | None = row.company.id if row.company is not None else row.company_id
    return company_id


def changed(row: Any, relation: str) -> bool:
    """Whether a to-one relation of `row`, or its foreign key, was set to something else."""
    state = inspect(row)
    names = [
        relation,
        *(state.mapper.get_property_by_column(c).key for c in _keys(state, relation)),
    ]
    return any(
        (history := state.attrs[name].history).added and history.added != list(history.deleted)
        for name in names
    )


def _keys(state: Any, relation: str) -> Any:
    return state.mapper.relationships[relation].local_columns
