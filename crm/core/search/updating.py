"""Keep `search_text` up to date when statements change rows, and rebuild it.

A flush computes it with the other folded columns (core.models.checks), an import again when the
row has its number. UPDATE statements bypass both.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import String, event, select, update
from sqlalchemy.orm import Mapper, ORMExecuteState, Session

from crm.core.db import db, transaction
from crm.core.models import Record
from crm.core.models.checks import update_folded
from crm.core.rows import unfiltered
from crm.core.search import indexes

BATCH = 200  # rows read, and written in one transaction, of a rebuild


def install(session: Any) -> None:
    """Follow the UPDATE statements of the session."""
    event.listen(session, "do_orm_execute", _follow)


def _follow(state: ORMExecuteState) -> Any:
    """Recompute the folded columns of the rows whose texts an UPDATE changes."""
    mapper = state.bind_mapper
    if mapper is None or not issubclass(mapper.class_, Record):
        return None
    if state.is_insert and "search_text" not in written_columns(state):
        raise RuntimeError("records are made by a flush, which works out what they are found by")
    if not state.is_update or not any(_is_text(mapper, name) for name in written_columns(state)):
        return None
    ids = _matched(state, mapper.class_)
    result = state.invoke_statement()
    _fold_again(state.session, mapper.class_, ids)
    return result


def written_columns(state: ORMExecuteState) -> set[str]:
    """The columns that a statement writes; SQLAlchemy 2.1 has no public name for its values."""
    statement: Any = state.statement
    given = state.parameters or {}
    many = given if isinstance(given, list) else [given]
    named = (getattr(one, "key", one) for one in statement._values or ())
    return {*named, *(name for row in many for name in row)}


def _is_text(mapper: Mapper[Any], name: str) -> bool:
    return isinstance(mapper.columns[name].type, String)


def _matched(state: ORMExecuteState, model: type[Any]) -> list[int]:
    """The ids of the rows that the statement changes: by condition or by parameter sets."""
    if isinstance(state.parameters, list):
        return [row["id"] for row in state.parameters]
    statement: Any = state.statement
    with unfiltered("what an UPDATE changes is worked out anew, whoever sees it"):
        return list(state.session.scalars(select(model.id).where(statement.whereclause)))


def _fold_again(session: Session, model: type[Any], ids: list[int]) -> None:
    """Recompute in the transaction of the statement, so that both are committed or neither."""
    with unfiltered("the words of a row follow its texts, whoever sees it"):
        rows = session.scalars(
            select(model).where(model.id.in_(ids)).execution_options(populate_existing=True)
        )
        for row in rows.unique():
            update_folded(row)
        session.flush()


def rebuild() -> Iterator[str]:
    """Recompute `search_text` of all rows, then rebuild the indexes; yields a report, line by line.

    Version, journal and "Changed on" stay, as this is no edit. Rows are written in short
    transactions; while the index of a table is built, nobody else writes to it.
    """
    for model in indexes.searched_models():
        count, changed = _words_again(model)
        with transaction() as session:
            connection = session.connection()
            indexes.drop(connection, [model.__tablename__])
            indexes.create(connection, [model.__tablename__])
        yield f"{model.__tablename__}: {count} rows indexed, the words of {changed} were others."


def _words_again(model: type[Any]) -> tuple[int, int]:
    """(number of rows, number of rows whose words were wrong)."""
    count = changed = last = 0
    while rows := _after(model, last):
        count, last = count + len(rows), rows[-1].id
        wrong = {row.id: (row.row_version, words) for row, words in _wrong(rows)}
        db.session.rollback()
        db.session.expunge_all()
        changed += len(wrong)
        if wrong:
            _write(model.__table__, wrong)
    return count, changed


def _after(model: type[Any], last: int) -> list[Any]:
    with unfiltered("a rebuild reads every row, the bin included"):
        statement = select(model).where(model.id > last).order_by(model.id).limit(BATCH)
        return list(db.session.scalars(statement).unique())


def _wrong(rows: list[Any]) -> Iterator[tuple[Any, str]]:
    for row in rows:
        words = row.search_words
        if row.search_text != words:
            yield row, words


def _write(table: Any, wrong: dict[int, tuple[int, str]]) -> None:
    """Write the words of these rows, except of rows that were changed meanwhile."""
    with transaction() as session:
        for pk, (version, words) in wrong.items():
            statement = update(table).where(table.c.id == pk, table.c.row_version == version)
            as_it_was = {name: table.c[name] for name in ("changed_on", "changed_by_id")}
            session.execute(statement.values(search_text=words, **as_it_was))
