"""The table of stored files."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import ClassVar

from flask_appbuilder import Model
from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    FromClause,
    String,
    and_,
    exists,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.models.tables import acting_user_id
from crm.core.types import Instant, utcnow


class StoredFile(Model):
    """A file, which never changes: another content is another file.

    Rows own files by foreign keys. Who may read such a row may read its file; one that no row
    links to is deleted.
    """

    __tablename__ = "stored_file"
    __linked_by_id__: ClassVar[bool] = False  # by no picker, address or body (rows.linkable)

    id: Mapped[int] = mapped_column(primary_key=True)
    # Its place in the store: random, and in no URL.
    key: Mapped[str] = mapped_column(String(80), unique=True)
    file_name: Mapped[str] = mapped_column(String(255))  # as uploaded, cleaned
    media_type: Mapped[str] = mapped_column(String(100))  # of what is in it
    size: Mapped[int]  # bytes
    sha256: Mapped[str] = mapped_column(String(64))
    # Whether a page may show it: made by ourselves, or checked to contain nothing active.
    is_safe: Mapped[bool] = mapped_column(default=False)
    created_on: Mapped[datetime] = mapped_column(Instant, default=utcnow)
    created_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("ab_user.id"), default=acting_user_id
    )

    def __str__(self) -> str:
        return self.file_name


@lru_cache
def links() -> tuple[Column[int], ...]:
    """The foreign keys to stored files, of all tables."""
    return tuple(_links())


def _links() -> Iterator[Column[int]]:
    for table in Model.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column.table is StoredFile.__table__:
                yield key.parent


def is_unused(besides: FromClause | None = None) -> ColumnElement[bool]:
    """The condition for files that no row links to, but for those of the table `besides`."""
    counted = (link for link in links() if link.table is not besides)
    of_file = (exists(select(1).where(link == StoredFile.id)) for link in counted)
    return and_(*(~found for found in of_file))
