"""Acts that are broken off at each of their statements in turn.

    broken_everywhere(app, lambda: win(opportunity))

A server that is killed, a disk that is full or a connection that is cut may come between any two
statements. Whatever was written before must be undone, and a second try must succeed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from flask import Flask
from sqlalchemy import Connection, Engine, event, select

from crm.core.db import db

Rows = dict[str, list[tuple[Any, ...]]]
MOST = 2000  # statements of an act; one that needs more never ends


class Broken(RuntimeError):
    """What the act meets instead of its statement's answer."""


class _Breaker:
    """Counts the statements and commits of an engine, and refuses the n-th."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.seen = 0
        self.refused = ""

    def before_statement(
        self, connection: Connection, cursor: Any, statement: str, *rest: Any
    ) -> None:
        if not statement.startswith(("ROLLBACK", "PRAGMA")):
            self._count(statement)

    def before_commit(self, connection: Connection) -> None:
        self._count("COMMIT")

    def _count(self, statement: str) -> None:
        self.seen += 1
        if self.seen == self.number:
            self.refused = statement
            raise Broken(f"statement {self.number}: {statement[:200]}")


def broken_everywhere(
    app: Flask, act: Callable[[], object], *, changing: tuple[str, ...] = ()
) -> int:
    """Break `act` off at its first statement, its second … until one try goes through.

    `act` opens its own transaction and reads what it acts on anew each time. After each break the
    rows of all tables but those in `changing` are what they were. Returns the number of statements
    of the try that went through, which is left done.
    """
    before = rows_of(app, changing)
    for number in range(1, MOST):
        with breaking(app, number) as breaker, suppress(Broken):
            act()
        if not breaker.refused:
            return breaker.seen
        found = rows_of(app, changing)
        changed = [name for name in before if found[name] != before[name]]
        assert not changed, f"{changed} half done, broken off at {breaker.refused[:200]}"
    raise AssertionError(f"the act is not done after {MOST} statements")


@contextmanager
def breaking(app: Flask, number: int) -> Iterator[_Breaker]:
    """Refuse the block's statement of this number, counted from 1."""
    engine, breaker = _engine(app), _Breaker(number)
    event.listen(engine, "before_cursor_execute", breaker.before_statement)
    event.listen(engine, "commit", breaker.before_commit)
    try:
        yield breaker
    finally:
        event.remove(engine, "before_cursor_execute", breaker.before_statement)
        event.remove(engine, "commit", breaker.before_commit)


def rows_of(app: Flask, left_out: tuple[str, ...] = ()) -> Rows:
    """All rows of all tables, past the filter."""
    with app.app_context(), db.engine.connect() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for name, table in db.metadata.tables.items()
            if name not in left_out
        }


def _engine(app: Flask) -> Engine:
    with app.app_context():
        return db.engine
