"""Numbers that are never given twice. Source: spec 8.2."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from crm.companies.models import Counter
from crm.core.datamodel.bulk import find_bulk
from crm.core.db import db

# The only two databases there are; each brings its own ON CONFLICT.
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def next_number(company_id: int, kind: str, year: int = 0) -> int:
    """The next number of `kind` in a company, and in a year where numbers start anew each year.

    The counter's row stays locked until the transaction ends: two records made at once get two
    numbers, and one that is given up leaves no gap.
    """
    key = (company_id, kind, year)
    bulk = find_bulk()
    if bulk is None:
        return _count(*key, by=1)
    series: _Series = bulk.pending.setdefault(("number", key), _Series(*key))
    return series.next()


class _Series:
    """Numbers for the rows of a bulk: counted here from the first on, which locks the counter."""

    def __init__(self, *key: Any) -> None:
        self.key = key
        self.last = 0
        self.given = 0

    def next(self) -> int:
        self.last = self.last + 1 if self.given else _count(*self.key, by=1)
        self.given += 1
        return self.last

    def __call__(self) -> None:
        """Tell the counter, with the flush of the rows."""
        if self.given > 1:
            _count(*self.key, by=self.given - 1)


def _count(company_id: int, kind: str, year: int, *, by: int) -> int:
    """Raise the counter; what it says then."""
    # By the connection and the table: the session would first flush what a bulk still gathers.
    connection, table = db.session.connection(), Counter.__table__
    first = _INSERT[connection.dialect.name](table).values(
        company_id=company_id, kind=kind, year=year, last=by
    )
    statement = first.on_conflict_do_update(
        index_elements=["company_id", "kind", "year"], set_={"last": table.c.last + by}
    ).returning(table.c.last)
    number: int = connection.execute(statement).scalar_one()
    return number


def next_reference(company_id: int, kind: str, prefix: str, digits: int) -> str:
    """The next reference of `kind`, such as T00001; longer where the digits no longer suffice."""
    return f"{prefix}{next_number(company_id, kind):0{digits}d}"
