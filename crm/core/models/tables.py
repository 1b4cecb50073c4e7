"""Base classes of tables: audit columns, optimistic lock, bin, owner."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import User
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, ForeignKey, String, Text, func, select
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from crm.core.models.fields import field
from crm.core.models.words import words_of
from crm.core.types import Instant, Translated, TranslatedText, utcnow

# The conditions of partial indexes: rows outside the bin, rows in the bin.
LIVE, BINNED = "deleted_at IS NULL", "deleted_at IS NOT NULL"
# Returns the acting user's id, for the audit columns; set by core.actor, a higher layer.
acting_user: list[Callable[[], int | None]] = []


def acting_user_id() -> int | None:
    """The acting user, for columns that say who did something."""
    return acting_user[0]() if acting_user else None


class AuditedModel(Model):
    """A row with a page of its own: audit columns and the optimistic lock."""

    __abstract__ = True
    # The entity of the rights grid, for the row filter.
    __entity__: ClassVar[str]

    id: Mapped[int] = mapped_column(primary_key=True)
    row_version: Mapped[int] = mapped_column(default=1, server_default="1", nullable=False)
    created_on: Mapped[datetime] = field(
        _l("Created on"), Instant, default=utcnow, nullable=False, readonly=True
    )
    changed_on: Mapped[datetime] = field(
        _l("Changed on"), Instant, default=utcnow, onupdate=utcnow, nullable=False, readonly=True
    )

    @declared_attr
    def created_by_id(cls) -> Mapped[int | None]:
        return field(
            _l("Created by"), ForeignKey("ab_user.id"), default=acting_user_id, readonly=True
        )

    @declared_attr
    def changed_by_id(cls) -> Mapped[int | None]:
        return field(
            _l("Changed by"),
            ForeignKey("ab_user.id"),
            default=acting_user_id,
            onupdate=acting_user_id,
            readonly=True,
        )

    @declared_attr
    def created_by(cls: Any) -> Mapped[User | None]:
        return relationship(User, foreign_keys=[cls.created_by_id], viewonly=True)

    @declared_attr
    def changed_by(cls: Any) -> Mapped[User | None]:
        return relationship(User, foreign_keys=[cls.changed_by_id], viewonly=True)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.__table__.c.row_version} if hasattr(cls, "__table__") else {}

    def check(self) -> None:
        """Rules between fields, called before each flush of the row. Raises DomainError."""


class Record(AuditedModel):
    """A business row: of one company, with an external reference and soft deletion."""

    __abstract__ = True

    external_ref: Mapped[str | None] = field(_l("External reference"), String(80))
    deleted_at: Mapped[datetime | None] = field(_l("Deleted on"), Instant, readonly=True)
    # The words for the search indexes (core.search).
    search_text: Mapped[str] = mapped_column(
        Text, info={"folds": "search_words"}, nullable=False, default="", server_default=""
    )

    @declared_attr
    def company_id(cls) -> Mapped[int]:
        return field(
            _l("Company"), ForeignKey("company.id"), nullable=False, index=True, css="w-co"
        )

    @declared_attr
    def company(cls: Any) -> Mapped[Any]:
        return relationship("Company", foreign_keys=[cls.company_id])

    @property
    def search_words(self) -> str:
        return words_of(self)


class Owned:
    """Mixin: owner and agency."""

    @declared_attr
    def owner_id(cls) -> Mapped[int | None]:
        return field(
            _l("Assigned to"),
            ForeignKey("ab_user.id"),
            index=True,
            css="w-who",
            unset=_l("Unassigned"),
        )

    @declared_attr
    def agency_id(cls) -> Mapped[int | None]:
        return field(
            _l("Agency"),
            ForeignKey("agency.id"),
            index=True,
            css="w-agency",
            none=_l("No agency"),
        )

    @declared_attr
    def owner(cls: Any) -> Mapped[User | None]:
        return relationship(User, foreign_keys=[cls.owner_id])

    @declared_attr
    def agency(cls: Any) -> Mapped[Any]:
        return relationship("Agency", foreign_keys=[cls.agency_id])


def _last(context: Any) -> int:
    """The position after all rows of a vocabulary."""
    table = context.compiled.statement.table
    statement = select(func.coalesce(func.max(table.c.position), -1) + 1)
    return int(context.connection.scalar(statement))


class Reference(AuditedModel):
    """A row of a vocabulary, which all companies share; used ones are deactivated, not deleted."""

    __abstract__ = True
    __entity__ = "reference"

    name: Mapped[TranslatedText] = field(_l("Name"), Translated, nullable=False, required=True)
    position: Mapped[int] = field(
        _l("Position"), default=_last, server_default="0", nullable=False, readonly=True
    )
    active: Mapped[bool] = field(_l("Active"), default=True, server_default="1", nullable=False)

    def __str__(self) -> str:
        return str(self.name)


class Settings(AuditedModel):
    """A row of settings: it names values of vocabularies, and is no record that uses them."""

    __abstract__ = True
    __entity__: ClassVar[str] = "settings"


class Personal(Model):
    """A row of one person, which nobody else reads, administrators included."""

    __abstract__ = True
    __entity__: ClassVar[str] = "personal"  # no row of the rights grid

    id: Mapped[int] = mapped_column(primary_key=True)

    @declared_attr
    def user_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"))

    @classmethod
    def readable(cls, user_id: int) -> ColumnElement[bool]:
        """The rows that this person reads."""
        return cls.user_id == user_id

    @classmethod
    def changeable(cls, user_id: int) -> ColumnElement[bool]:
        """The rows that this person changes."""
        return cls.readable(user_id)


class Child(Model):
    """A row that has no page: read, written, deleted and journaled through its parent only."""

    __abstract__ = True
    # The relationship that leads to the parent.
    __parent__: ClassVar[str]

    id: Mapped[int] = mapped_column(primary_key=True)
