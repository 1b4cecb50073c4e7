"""Records that may be merged into another one of their table. Source: spec 6.4."""

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, declared_attr, relationship

from crm.core.models.fields import field

_MERGED = "merged_into_id IS NOT NULL"


class Mergeable:
    """Mixin: the record that this one was merged into.

    A merged record stays in the bin for good: its address and its external reference lead to the
    one that was kept. That one is never merged itself, because a merge moves this link, too.
    """

    @declared_attr
    def merged_into_id(cls: Any) -> Mapped[int | None]:
        return field(_l("Merged into"), ForeignKey(f"{cls.__tablename__}.id"), readonly=True)

    @declared_attr
    def merged_into(cls: Any) -> Mapped[Any]:
        return relationship(
            lambda: cls,
            remote_side=lambda: cls.id,
            foreign_keys=lambda: cls.merged_into_id,
        )


def merged_index(table: str) -> Index:
    """The index of the few rows of `table` that were merged into others."""
    where = text(_MERGED)
    return Index(
        f"ix_{table}_merged_into_id", "merged_into_id", sqlite_where=where, postgresql_where=where
    )
