"""Consecutive numbers without duplicates. Source: spec 8.2."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from crm.companies.models import Counter
from crm.core.datamodel.bulk import Number, current_bulk
from crm.core.db import db

# ON CONFLICT is specific to the dialect.
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def take_numbers(company_id: int, kind: str, year: int, how_many: int) -> int:
    """Take the next `how_many` numbers of `kind` in a company and year (0: no restart by year).

    Returns the last of them. The counter's row is locked until the transaction ends: concurrent
    transactions get different numbers, and a rollback leaves no gap.
    """
    connection, table = db.session.connection(), Counter.__table__
    first = _INSERT[connection.dialect.name](table).values(
        company_id=company_id, kind=kind, year=year, last=how_many
    )
    statement = first.on_conflict_do_update(
        index_elements=["company_id", "kind", "year"], set_={"last": table.c.last + how_many}
    ).returning(table.c.last)
    number: int = connection.execute(statement).scalar_one()
    return number


def next_reference(company_id: int, kind: str, prefix: str, digits: int, year: int = 0) -> str:
    """The next reference of `kind`, such as T00001; longer where the digits do not suffice.

    Within a bulk a placeholder: the number is taken when the row is written.
    """
    number = Number(take_numbers, (company_id, kind, year), prefix, digits)
    bulk = current_bulk()
    if bulk is not None:
        return bulk.number(number)
    return number.text(take_numbers(company_id, kind, year, 1))


def coming_reference(company_id: int, kind: str, prefix: str, digits: int, year: int = 0) -> str:
    """What `next_reference` would answer now: nothing is taken, nothing is locked."""
    statement = select(Counter.last).where(
        Counter.company_id == company_id, Counter.kind == kind, Counter.year == year
    )
    return reference(prefix, digits, (db.session.scalar(statement) or 0) + 1)


def reference(prefix: str, digits: int, number: int) -> str:
    """A number as it is written; longer where the digits do not suffice."""
    return f"{prefix}{number:0{digits}d}"
