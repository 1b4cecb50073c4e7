"""The database session, and `transaction()`: the only place that commits."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, has_request_context, request
from flask_appbuilder import Model
from flask_babel import gettext as _
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, Index, Table, event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from crm.core.errors import Conflict, DomainError

READS = ("GET", "HEAD", "OPTIONS")

# How the two databases name the (last) column of a value that is there already.
CLASH = re.compile(
    r"UNIQUE constraint failed:.*\.(\w+)$|Key \((?:.*, )?(\w+)\)=\(.*\) already exists"
)

db = SQLAlchemy(model_class=Model)


@contextmanager
def transaction() -> Iterator[Session]:
    """Do all of it or nothing: one commit at the end, a rollback whatever is raised.

    Raises Conflict where somebody else saved a row meanwhile, and DomainError, beside the field
    concerned, where a unique index says no.
    """
    session: Session = db.session()
    try:
        with told_apart(session):
            yield session
            session.commit()
    except BaseException:
        session.rollback()
        raise


@contextmanager
def told_apart(session: Session) -> Iterator[None]:
    """Turn what a database says into what a user can act on."""
    try:
        yield
    except StaleDataError as error:
        _give_up(session)
        raise Conflict(_("Somebody else changed this record meanwhile.")) from error
    except IntegrityError as error:
        _give_up(session)
        raise _refusal(error) from error


def _give_up(session: Session) -> None:
    """Within a savepoint, whoever set it goes back to it: what was written before it stands."""
    if not session.in_nested_transaction():
        session.rollback()


def _refusal(error: IntegrityError) -> DomainError:
    index = _broken_index(error)
    if index is not None:
        return DomainError(_("This value is already used."), field=index.info.get("field"))
    column = CLASH.search(_told(error))
    if column is not None:  # a UNIQUE of the engine's own tables
        return DomainError(_("This value is already used."), field=column[1] or column[2])
    if "foreign key" in str(error.orig).lower():
        return DomainError(_("Another record still needs this one."))
    raise error


def _told(error: IntegrityError) -> str:
    diagnosis = getattr(error.orig, "diag", None)
    return str(diagnosis.message_detail if diagnosis is not None else error.orig)


def _broken_index(error: IntegrityError) -> Index | None:
    """The unique index that refused: PostgreSQL names it, SQLite names it or its columns."""
    diagnosis = getattr(error.orig, "diag", None)
    said = diagnosis.constraint_name if diagnosis is not None else str(error.orig)
    for table in Model.metadata.tables.values():
        for index in table.indexes:
            if index.unique and (index.name == said or _names(said or "", table, index)):
                return index
    return None


def _names(said: str, table: Table, index: Index) -> bool:
    prefix = "UNIQUE constraint failed: "
    if not said.startswith(prefix):
        return False
    rest = said.removeprefix(prefix)
    columns = ", ".join(f"{table.name}.{column.name}" for column in index.columns)
    return rest in (columns, f"index '{index.name}'")


def _writes() -> bool:
    """Whether this is a writing request, or no request at all (a command, a job)."""
    return not has_request_context() or request.method not in READS


def prepare_sqlite(engine: Engine) -> None:
    """Foreign keys, WAL and honest transactions on every connection of an SQLite engine.

    A writing request takes its turn at BEGIN IMMEDIATE: busy_timeout does not cover the upgrade
    of a read lock, so a plain BEGIN loses half of two writers' transactions.
    """

    @event.listens_for(engine, "connect")
    def pragmas(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            "foreign_keys=ON",
            "journal_mode=WAL",
            "synchronous=FULL",
            "busy_timeout=20000",
            "case_sensitive_like=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes() else "BEGIN")


def init_app(app: Flask) -> None:
    """Bind the session to the app's database."""
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            prepare_sqlite(db.engine)
