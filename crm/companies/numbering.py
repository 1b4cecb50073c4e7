"""Numbers that are never given twice. Source: spec 8.2."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from crm.companies.models import Counter
from crm.core.datamodel.bulk import Number, current_bulk
from crm.core.db import db

# The only two databases there are; each brings its own ON CONFLICT.
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def take_numbers(company_id: int, kind: str, year: int, how_many: int) -> int:
    """Take the next numbers of `kind` in a company, and in a year where numbers start anew then.

    Answers the last of them. The counter's row stays locked until the transaction ends: two
    records made at once get two numbers, and one that is given up leaves no gap.
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


def next_reference(company_id: int, kind: str, prefix: str, digits: int) -> str:
    """The next reference of `kind`, such as T00001; longer where the digits no longer suffice.

    Within a bulk a stand-in: the number is taken when the row is written.
    """
    number = Number(take_numbers, (company_id, kind, 0), prefix, digits)
    bulk = current_bulk()
    return (
        number.text(take_numbers(company_id, kind, 0, 1)) if bulk is None else bulk.number(number)
    )
