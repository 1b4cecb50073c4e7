"""Numbers that are never given twice. Source: spec 8.2."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from crm.companies.models import Counter
from crm.core.db import db

# The only two databases there are; each brings its own ON CONFLICT.
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def next_number(company_id: int, kind: str, year: int = 0) -> int:
    """The next number of `kind` in a company, and in a year where numbers start anew each year.

    The counter's row stays locked until the transaction ends: two records made at once get two
    numbers, and one that is given up leaves no gap.
    """
    # The table and not the class, which would flush what an import still gathers.
    insert, table = _INSERT[db.session.get_bind().dialect.name], Counter.__table__
    first = insert(table).values(company_id=company_id, kind=kind, year=year, last=1)
    statement = first.on_conflict_do_update(
        index_elements=["company_id", "kind", "year"], set_={"last": table.c.last + 1}
    ).returning(table.c.last)
    number: int = db.session.execute(statement).scalar_one()
    return number


def next_reference(company_id: int, kind: str, prefix: str, digits: int) -> str:
    """The next reference of `kind`, such as T00001; longer where the digits no longer suffice."""
    return f"{prefix}{next_number(company_id, kind):0{digits}d}"
