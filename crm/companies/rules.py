"""Rules that the models of several slices check in the same way."""

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import inspect

from crm.core.errors import DomainError


def refuse_cycle(row: Any, relation: str, message: str) -> None:
    """Refuse a row that stands above itself. Raises DomainError on `relation`."""
    if not changed(row, relation):
        return
    seen = row
    while (seen := getattr(seen, relation)) is not None:
        if seen is row:
            raise DomainError(message, field=relation)


def refuse_strangers(row: Any, *relations: str) -> None:
    """Refuse a link to a row of another company, in the words for one that does not exist.

    A record also stays in its company for good: what hangs on it would be left in the other.
    Source: spec, "Common", and A-82.
    """
    state = inspect(row)
    if state.has_identity and changed(row, "company"):
        raise DomainError(_("A record stays in its company."), field="company")
    for relation in relations:
        target = getattr(row, relation) if changed(row, relation) else None
        if target is not None and target.company_id != company_id_of(row):
            raise DomainError(_("Not a valid choice."), field=relation)


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
