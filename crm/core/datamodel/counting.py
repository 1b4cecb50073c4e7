"""Capped counts of lists, by an index alone where possible."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import CompoundSelect, Select, func, literal, select, union_all
from sqlalchemy.orm import Session

from crm.core.datamodel.narrowing import narrowed


def count_all(asked: Mapping[str, tuple[Select[Any], type[Any]]], most: int) -> CompoundSelect[Any]:
    """One statement that counts up to `most` rows of each of `asked`: key → (statement, model)."""
    return union_all(
        *(
            select(literal(key).label("key"), func.count().label("n")).select_from(
                limited_ids(statement, model, most)
            )
            for key, (statement, model) in asked.items()
        )
    )


def read_counts(session: Session, counting: CompoundSelect[Any]) -> dict[str, int]:
    """key → count, from the statement of `count_all`."""
    return {row.key: int(row.n) for row in session.execute(counting)}


def limited_ids(statement: Select[Any], model: type[Any], most: int) -> Any:
    """A subquery with the ids of up to `most` rows of a statement."""
    ids = statement.with_only_columns(model.id).order_by(None)
    return narrowed(ids, model).limit(most).subquery()
