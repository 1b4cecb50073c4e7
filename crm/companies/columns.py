"""Columns and indexes that the tables of every slice write in the same way."""

from enum import StrEnum
from typing import Any

from sqlalchemy import Enum, ForeignKey, Index, text
from sqlalchemy.orm import Mapped

from crm.core.models import Label, field

LIVE = "deleted_at IS NULL"


def by_value(kind: type[StrEnum]) -> Enum:
    """A choice stored by its value, as text: a new choice needs no migration on either database."""
    return Enum(
        kind,
        native_enum=False,
        length=20,
        values_callable=lambda members: [member.value for member in members],
    )


def flag(label: Label, *, on: bool = False, **said: Any) -> Mapped[bool]:
    """A yes or no that is never empty."""
    return field(label, default=on, server_default="1" if on else "0", nullable=False, **said)


def link(label: Label, target: str, **said: Any) -> Mapped[Any]:
    """An indexed foreign key to `target` ("table.id")."""
    return field(label, ForeignKey(target), index=True, **said)


def listed(name: str, *columns: str, live: str = LIVE) -> Index:
    """The index behind an order of a list: the bin is left out, the id breaks ties."""
    where: dict[str, Any] = (
        {"sqlite_where": text(live), "postgresql_where": text(live)} if live else {}
    )
    return Index(name, *columns, "id", **where)
