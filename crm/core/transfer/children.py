"""Child rows that an import changes or adds, found by their natural key.

That is the one unique index over the parent and other columns: of a price of a product, its
currency. Lists without one are filled in new records only. No child row is ever removed.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Mapper, selectinload

from crm.core.db import batches, db
from crm.core.models import Child, key_of
from crm.core.models.fields import link_behind
from crm.core.transfer.uniques import uniques


@cache
def natural_key(model: type[Any], relation: str) -> tuple[str, ...]:
    """The fields by which a row of this list of `model` is found; () where it has no such key."""
    link = inspect(model).relationships[relation]
    found = [
        columns
        for columns, _field, where in uniques(link.mapper)
        if where is None and len(columns) > 1 and link.remote_side & {*columns}
    ]
    if len(found) != 1:
        return ()
    return tuple(_field_of(link.mapper, one) for one in found[0] if one not in link.remote_side)


def _field_of(mapper: Mapper[Any], column: Any) -> str:
    name = mapper.get_property_by_column(column).key
    link = link_behind(mapper, name)
    return str(link.key) if link is not None else name


def find_child(row: Any, relation: str, key: Mapping[str, Any]) -> Any:
    """The child row of `row` with these values of its natural key; None where there is none."""
    relations = inspect(type(row)).relationships[relation].mapper.relationships

    def has_it(child: Any) -> bool:
        return all(
            getattr(child, key_of(relations[name])) == value.id
            if name in relations
            else getattr(child, name) == value
            for name, value in key.items()
        )

    return next((child for child in getattr(row, relation) if has_it(child)), None)


def with_line(row: Any, relation: str, child: Any, line: Mapping[str, Any]) -> list[Any]:
    """The whole list of `row` as values: `line` changes `child` or, where that is None, is new."""
    kept = [{"id": one.id, **(line if one is child else {})} for one in getattr(row, relation)]
    return kept if child is not None else [*kept, dict(line)]


def load_children(model: type[Any], relations: Iterable[str], rows: Sequence[Any]) -> None:
    """Read these lists of stored rows in a few statements."""
    options = [selectinload(getattr(model, relation)) for relation in relations]
    for part in batches([row.id for row in rows]) if options else ():
        db.session.scalars(select(model).where(model.id.in_(part)).options(*options)).unique().all()


def list_of(child: Any) -> str:
    """The list of the parent that a child row is in, where it is found there by a key; else ""."""
    if not isinstance(child, Child):
        return ""
    owner: Any = inspect(child).mapper.relationships[child.__parent__]
    relation = str(owner.back_populates or "")
    return relation if relation and natural_key(owner.mapper.class_, relation) else ""
