"""The table of saved filters of lists and of saved reports. Source: spec 14."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import Group, User, assoc_user_group
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Table,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.core.models.tables import LIVE, Personal
from crm.core.types import Instant, utcnow

NAME = 80  # characters of a name


class SavedKind(StrEnum):
    """What is saved."""

    LIST = "list"
    REPORT = "report"


saved_view_group = Table(
    "saved_view_group",
    Model.metadata,
    Column("saved_view_id", ForeignKey("saved_view.id", ondelete="CASCADE"), primary_key=True),
    Column("group_id", ForeignKey("ab_group.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class SavedView(Personal):
    """A layout with a name, which its owner and the members of its groups read.

    `entity` is the address of the list ("leads"), or the subject of a report; `layout` is what its
    kind writes and reads. Deleted rows are kept for a while, so that this can be undone.
    """

    __tablename__ = "saved_view"
    __table_args__ = (
        Index("ix_saved_view_user_id", "user_id"),
        Index(
            "uq_saved_view_name",
            "user_id",
            "kind",
            "entity",
            "name_key",
            unique=True,
            info={"field": "name"},
            sqlite_where=text(LIVE),
            postgresql_where=text(LIVE),
        ),
        Index(
            "uq_saved_view_default",
            "user_id",
            "kind",
            "entity",
            unique=True,
            info={"field": "is_default"},
            sqlite_where=text(f"is_default = 1 AND {LIVE}"),
            postgresql_where=text(f"is_default AND {LIVE}"),
        ),
    )

    kind: Mapped[str] = mapped_column(String(10))
    entity: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(NAME))
    name_key: Mapped[str] = mapped_column(String(NAME))
    layout: Mapped[dict[str, Any]] = mapped_column(JSON)
    is_default: Mapped[bool] = mapped_column(default=False, server_default="0")  # of its owner
    row_version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(Instant, default=utcnow)
    deleted_at: Mapped[datetime | None] = mapped_column(Instant)

    user: Mapped[User] = relationship(User, viewonly=True, foreign_keys="SavedView.user_id")
    groups: Mapped[list[Group]] = relationship(secondary=saved_view_group, order_by=Group.name)

    __mapper_args__: ClassVar[dict[str, Any]] = {"version_id_col": row_version}

    @classmethod
    def readable(cls, user_id: int) -> ColumnElement[bool]:
        return or_(cls.user_id == user_id, cls.id.in_(shared_with(user_id)))

    @classmethod
    def changeable(cls, user_id: int) -> ColumnElement[bool]:
        return cls.user_id == user_id


def shared_with(user_id: Any) -> Any:
    """The ids of what is shared with a group of this person."""
    shared, members = saved_view_group.c, assoc_user_group.c
    return (
        select(shared.saved_view_id)
        .join(assoc_user_group, members.group_id == shared.group_id)
        .where(members.user_id == user_id)
    )
