"""Fill in the rows that a merge leaves, from those that would be their doubles."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Row, bindparam, select, update

from crm.core.db import db

# The columns of the row that stays, given all rows that will be one, that row first.
United = Callable[[Sequence[Row[Any]]], Mapping[str, Any]]


def ranked_rows(mine: Column[Any], ids: Sequence[int]) -> list[Row[Any]]:
    """The rows whose link `mine` is to these records, those of the kept one, the first, first."""
    rank = {pk: place for place, pk in enumerate(ids)}
    found = db.session.execute(select(mine.table).where(mine.in_(ids)))
    return sorted(found, key=lambda row: (rank[row._mapping[mine]], row.id))


def unite(mine: Column[Any], other: Column[Any], ids: Sequence[int], united: United) -> None:
    """Set what `united` returns on the rows that stay of those with the same `other`."""
    groups: dict[Any, list[Row[Any]]] = defaultdict(list)
    for row in ranked_rows(mine, ids):
        groups[row._mapping[other]].append(row)
    changed = [
        {"pk": rows[0].id, **{f"new_{name}": value for name, value in united(rows).items()}}
        for rows in groups.values()
        if len(rows) > 1
    ]
    if not changed:
        return
    table = mine.table
    names = [key.removeprefix("new_") for key in changed[0] if key != "pk"]
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    filled = update(table).where(table.c.id == bindparam("pk")).values(values)
    db.session().connection().execute(filled, changed)
