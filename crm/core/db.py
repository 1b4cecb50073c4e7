"""The database session, and `transaction()`: the only place that writes, locks and commits."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from time import sleep
from typing import Any, TypeVar

from flask import Flask, has_request_context
from flask_appbuilder import Model
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction
from sqlalchemy.pool import ConnectionPoolEntry

from crm.core.db_errors import translate_errors
from crm.core.outage import Outage, unavailable

WAIT = 5.0  # seconds that a transaction waits for its turn to write
LONGEST = 30  # seconds that a statement of a web request may take on PostgreSQL
# Seconds between two transactions of one long job: a writer that waits for SQLite's lock looks only
# every 0.1 s whether it is free.
PAUSE = 0.05

SAMPLE = 1000  # rows of an index that SQLite's statistics are made of

T = TypeVar("T")

# Execution option of a connection that writes without a session: migrations.
WRITES = "crm_writes"
_OPEN = "crm.transaction"
# In Session.info until the transaction ends: what was read once, and the id that its journal
# entries share.
_CACHE, ACT = "crm.cache", "crm.act"
_LIMIT = "crm.limit"

db = SQLAlchemy(model_class=Model)

# Checks made once the lock is held, before anything is written; filled by upper layers.
under_lock: list[Callable[[Session], None]] = []
# What every transaction writes besides, called when all else is flushed; filled by upper layers.
before_commit: list[Callable[[Session], None]] = []


@contextmanager
def transaction(wait: float | None = None) -> Iterator[Session]:
    """All or nothing: one commit at the end, a rollback whatever is raised.

    On SQLite this takes the single write lock: read, parse, compute and wait for others before it,
    and only write inside. Rows that were loaded before stay loaded; the actor, rights and versions
    are checked again first (`recheck`). Transactions do not nest: code that is called inside one
    joins it, and leaves the commit to it.

    Raises Conflict where somebody else saved a row meanwhile, DomainError, on the field concerned,
    where a unique index refuses, and Unavailable where the database is busy for `wait` seconds
    (WAIT by default), does not answer or cannot be written to.
    """
    session: Session = db.session()
    if is_writing(session):
        raise RuntimeError("transaction() within transaction(): one request, one commit")
    session.info[_OPEN] = True
    try:
        with translate_errors(session):
            _take_lock(session.connection(), int((WAIT if wait is None else wait) * 1000))
            for check in under_lock:
                check(session)
            yield session
            session.flush()
            for finish in before_commit:
                finish(session)
            _commit(session)
    except BaseException:
        session.rollback()
        raise
    finally:
        del session.info[_OPEN]


def per_transaction(key: object, read: Callable[[], T]) -> T:
    """The result of `read`, called once per key in a transaction, for rows that many others need.

    The session's identity map holds weak references only: an import would read the company again
    for each line.
    """
    box: dict[object, T] = db.session().info.setdefault(_CACHE, {})
    if key not in box:
        box[key] = read()
    return box[key]


def clear_cache() -> None:
    """Empty the cache of `per_transaction` after a change of what is in it."""
    db.session().info.pop(_CACHE, None)


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:  # not at the end of a flush or a savepoint
        for name in (_CACHE, ACT):
            session.info.pop(name, None)


def batches(items: Iterable[T], size: int = 500) -> Iterator[list[T]]:
    """`items` in lists of at most `size`, for statements with a limited number of parameters."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def is_writing(session: Session) -> bool:
    return _OPEN in session.info


def let_others_write() -> None:
    """Pause between two transactions of a long job, for SQLite's waiting writers."""
    if db.engine.dialect.name == "sqlite":
        sleep(PAUSE)


def _take_lock(connection: Connection, wait: int) -> None:
    """Take the write lock until the commit; PostgreSQL locks row by row instead.

    `wait` is in milliseconds.
    """
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {wait}")
        return
    # A read transaction cannot become a writing one: its snapshot is old where others wrote since,
    # and busy_timeout does not cover that.
    connection.exec_driver_sql("ROLLBACK")
    connection.exec_driver_sql(f"PRAGMA busy_timeout={wait}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _commit(session: Session) -> None:
    try:
        session.commit()
    except DBAPIError as error:
        if error.connection_invalidated:  # the commit may have gone through
            raise unavailable(Outage.UNKNOWN) from error
        raise


@event.listens_for(db.session, "before_flush")
def _only_inside(session: Session, context: Any, instances: Any) -> None:
    if not is_writing(session):
        raise RuntimeError("rows are written inside transaction() only")


@event.listens_for(db.session, "do_orm_execute")
def _no_statement_outside(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        _only_inside(state.session, None, None)


def renew_statistics(connection: Connection) -> None:
    """Run ANALYZE, as query plans depend on the statistics.

    SQLite samples each index, so that its lock is held for a moment whatever the number of rows.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA analysis_limit={SAMPLE}")
    connection.exec_driver_sql("ANALYZE")


class _HintingCompiler(SQLiteCompiler):
    """SQLAlchemy 2.0 leaves out the hints of SELECT on SQLite; INDEXED BY is one."""

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:
        return text


def prepare_sqlite(engine: Engine) -> None:
    """Foreign keys, WAL and explicit transactions on every connection of an SQLite engine.

    Every transaction begins as a reader: only `transaction()` takes the write lock.
    """
    engine.dialect.statement_compiler = _HintingCompiler

    @event.listens_for(engine, "connect")
    def pragmas(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            "foreign_keys=ON",
            "journal_mode=WAL",
            "synchronous=FULL",
            f"busy_timeout={int(WAIT * 1000)}",
            "case_sensitive_like=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        writes = connection.get_execution_options().get(WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def prepare_postgres(engine: Engine) -> None:
    """Limit statements of web requests to LONGEST seconds, so that none blocks a thread for ever.

    Commands have no limit: migrations and imports take longer.
    """

    @event.listens_for(engine, "checkout")
    def limit(connection: Any, record: ConnectionPoolEntry, proxy: Any) -> None:
        wanted = LONGEST if has_request_context() else 0
        if record.info.get(_LIMIT, 0) == wanted:
            return
        connection.autocommit = True  # in a transaction it would end with a rollback
        connection.execute(f"SET statement_timeout = {wanted * 1000}")
        connection.autocommit = False
        record.info[_LIMIT] = wanted


def init_app(app: Flask) -> None:
    db.init_app(app)
    with app.app_context():
        prepare = prepare_sqlite if db.engine.dialect.name == "sqlite" else prepare_postgres
        prepare(db.engine)
