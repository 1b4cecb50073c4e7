"""Translate database errors into DomainError, Conflict and Unavailable."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from flask_appbuilder import Model
from flask_babel import gettext as _
from sqlalchemy import Index, Table
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError

from crm.core.errors import Conflict, DomainError
from crm.core.outage import find_outage, unavailable

# How the two databases name the (last) column of a value that is there already.
CLASH = re.compile(
    r"UNIQUE constraint failed:.*\.(\w+)$|Key \((?:.*, )?(\w+)\)=\(.*\) already exists"
)


@contextmanager
def translate_errors(session: Session) -> Iterator[None]:
    """Raise Conflict, DomainError or Unavailable for what the database says of a write."""
    try:
        yield
    except (StaleDataError, ObjectDeletedError) as error:
        _give_up(session)
        raise Conflict(_("Somebody else changed this record in the meantime.")) from error
    except IntegrityError as error:
        _give_up(session)
        raise _refusal(error) from error
    except (DBAPIError, PoolTimeout) as error:
        outage = find_outage(error)
        if outage is None:
            raise
        _give_up(session)
        raise unavailable(outage) from error


def _give_up(session: Session) -> None:
    """Roll back, except within a savepoint: whoever opened it rolls back to it alone."""
    if not session.in_nested_transaction():
        session.rollback()


def _refusal(error: IntegrityError) -> DomainError:
    index = _broken_index(error)
    if index is not None:
        return DomainError(_("This value is already used."), field=index.info.get("field"))
    column = CLASH.search(_detail(error))
    if column is not None:  # a UNIQUE of FAB's own tables
        return DomainError(_("This value is already used."), field=column[1] or column[2])
    if "foreign key" in str(error.orig).lower():
        return DomainError(_("Another record still depends on this one."))
    raise error


def _detail(error: IntegrityError) -> str:
    diagnosis = getattr(error.orig, "diag", None)
    return str(diagnosis.message_detail if diagnosis is not None else error.orig)


def _broken_index(error: IntegrityError) -> Index | None:
    """The unique index that refused: PostgreSQL names it, SQLite names it or its columns."""
    diagnosis = getattr(error.orig, "diag", None)
    message = diagnosis.constraint_name if diagnosis is not None else str(error.orig)
    for table in Model.metadata.tables.values():
        for index in table.indexes:
            if index.unique and (index.name == message or _names(message or "", table, index)):
                return index
    return None


def _names(message: str, table: Table, index: Index) -> bool:
    prefix = "UNIQUE constraint failed: "
    if not message.startswith(prefix):
        return False
    rest = message.removeprefix(prefix)
    columns = ", ".join(f"{table.name}.{column.name}" for column in index.columns)
    return rest in (columns, f"index '{index.name}'")
