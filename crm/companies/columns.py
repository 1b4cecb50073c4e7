"""Columns and indexes that the tables of several slices share."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import Enum, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped

from crm.core.models import Label, field, kinds
from crm.core.models.tables import BINNED, LIVE


def by_value(kind: type[StrEnum]) -> Enum:
    """An Enum stored by value, as text, so that a new member needs no migration."""
    return Enum(
        kind,
        native_enum=False,
        length=20,
        values_callable=lambda members: [member.value for member in members],
    )


def flag(label: Label, *, on: bool = False, **said: Any) -> Mapped[bool]:
    """A boolean column that is not null."""
    return field(label, default=on, server_default="1" if on else "0", nullable=False, **said)


def colour() -> Mapped[str]:
    """The colour of a value of a vocabulary."""
    return field(
        _l("Colour"),
        String(8),
        kind=kinds.HUE,
        default="gray",
        server_default="gray",
        nullable=False,
    )


def link(label: Label, target: str, **said: Any) -> Mapped[Any]:
    """An indexed foreign key to `target` ("table.id")."""
    return field(label, ForeignKey(target), index=True, **said)


def listed(name: str, *columns: str, covers: Sequence[str] = (), rows: str = LIVE) -> Index:
    """The index of an order of a list: by the last of `columns` within the values of the others.

    The id breaks ties. `covers` are further columns that the row filter compares, so that rows
    it excludes need not be read. `rows` is the condition of a partial index, "" for none.
    """
    where: dict[str, Any] = (
        {"sqlite_where": text(rows), "postgresql_where": text(rows)} if rows else {}
    )
    return Index(name, *columns, "id", *covers, info={"listed": rows}, **where)


def lists(
    table: str,
    *orders: str,
    within: str = "",
    owned: bool = True,
    covers: Sequence[str] = (),
) -> Iterator[Index]:
    """The indexes of a business table: for each of `orders`, for `changed_on` and for the bin.

    An order is a column, or a foreign key and a column, as "status_id received_on". Its index
    begins with the company and, if given, the column `within`; not where the order begins with
    the owner or agency, as their rows are few. `covers` are further columns of the row filter.
    """
    covers = (*(("owner_id",) if owned else ()), *covers)
    inner = (within,) if within else ()
    for order in orders:
        columns = tuple(order.split())
        name = f"ix_{table}_by_{'_'.join(columns)}"
        if columns[0] in ("owner_id", "agency_id"):
            rest = ["company_id", *(c for c in covers if c not in columns)]
            yield listed(name, columns[0], *inner, *columns[1:], covers=rest)
        else:
            yield listed(name, "company_id", *inner, *columns, covers=covers)
    yield listed(f"ix_{table}_by_changed_on", "company_id", "changed_on", covers=covers)
    yield listed(f"ix_{table}_bin", "deleted_at", covers=("company_id", *covers), rows=BINNED)


def rare(table: str, *columns: str, flags: bool = True) -> Iterator[Index]:
    """An index each for filters by what hardly any row has: a flag that is set, or a value."""
    for name in columns:
        info = {"rare": LIVE, "column": name, "flag": flags}
        sqlite, other = (" = 1", "") if flags else (" IS NOT NULL", " IS NOT NULL")
        yield Index(
            f"ix_{table}_{name}",
            "company_id",
            *(() if flags else (name,)),
            "id",
            "owner_id",
            info=info,
            sqlite_where=text(f"{LIVE} AND {name}{sqlite}"),
            postgresql_where=text(f"{LIVE} AND {name}{other}"),
        )
