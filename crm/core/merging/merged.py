"""What a merged record leads to."""

from typing import Any

from sqlalchemy import Select, select

from crm.core.db import db
from crm.core.models import Mergeable

# What begins the names in the kept record's journal under which the moved links are, by table.
MOVED = "moved:"
# The name under which the merged records themselves are.
MERGED_NAMES = "merged"


def kept_instead(model: type[Any], pk: int) -> Any | None:
    """The record into which row `pk` was merged; None where there is none that the actor reads."""
    if not issubclass(model, Mergeable):
        return None
    return db.session.scalars(_kept(model, pk)).unique().first()


def _kept(model: type[Any], pk: int) -> Select[Any]:
    # Of the table, not of the mapped class: the row filter would hide what lies in the bin.
    gone = model.__table__.alias("gone")
    return select(model).join(gone, gone.c.merged_into_id == model.id).where(gone.c.id == pk)
