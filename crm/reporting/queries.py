"""Statements of the home page; they are returned, not executed."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, func, literal, select, union_all

COUNTED = 1000  # cap of the counts


def counts(
    wanted: Mapping[str, tuple[type[Any], Sequence[ColumnElement[bool]]]],
) -> CompoundSelect[Any]:
    """(key, number of rows) for each table and its conditions."""
    parts = []
    for key, (model, where) in wanted.items():
        rows = select(model.id).where(*where).limit(COUNTED).subquery()
        parts.append(select(literal(key), func.count()).select_from(rows))
    return union_all(*parts)
