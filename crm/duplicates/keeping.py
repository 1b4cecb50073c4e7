"""Keep the keys of records with every flush and every UPDATE, whoever changes them and how."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Delete, bindparam, delete, event, insert, inspect, select
from sqlalchemy.orm import ORMExecuteState, Session

from crm.core.db import batches, db
from crm.core.merging import merged
from crm.core.rows import unfiltered
from crm.core.search import written_columns
from crm.duplicates.keys import keys_of
from crm.duplicates.sources import SOURCES, Source


def install(session: Any) -> None:
    """Follow the flushes and the UPDATE statements of the session."""
    event.listen(session, "after_flush", _after_flush)
    event.listen(session, "do_orm_execute", _after_update)


def keep(session: Session, source: Source, ids: Iterable[int], *, are_new: bool = False) -> None:
    """Make the keys of these records those of their facts: of those in the bin, none.

    Only what differs is written, in the order of the index: keys are spread all over it, so that
    each one written is a page of it, and that page is written too.
    """
    for part in batches(sorted(ids)):
        found = source.profiles(session, part)
        wanted = {(key, pk) for pk, one in found.items() for key in keys_of(one)}
        stored = set() if are_new else _stored(session, source, part)
        gone, more = _rows(source, stored - wanted), _rows(source, wanted - stored)
        if gone:
            session.execute(_delete(source), gone)
        if more:
            session.execute(insert(source.keys), more)


def _stored(session: Session, source: Source, ids: Sequence[int]) -> set[tuple[int, int]]:
    asked = select(source.keys.c.key, source.pk).where(source.pk.in_(ids))
    return {(key, pk) for key, pk in session.execute(asked)}


def _rows(source: Source, keys: set[tuple[int, int]]) -> list[dict[str, int]]:
    return [{"key": key, source.pk.name: pk} for key, pk in sorted(keys)]


def _delete(source: Source) -> Delete:
    columns = (source.keys.c.key, source.pk)
    return delete(source.keys).where(*(one == bindparam(one.name) for one in columns))


@merged.connect
def keep_merged(model: type[Any], *, kept: int, losers: Sequence[int]) -> None:
    """Those of a merge: the kept record has other values by now, and the others have no keys."""
    for source in SOURCES:
        if source.model is model:
            keep(db.session(), source, [kept, *losers])


def _after_flush(session: Session, _context: Any) -> None:
    for source in SOURCES:
        new = {row.id for row in session.new if type(row) is source.model}
        changed = set(_changed(session, source)) - new
        if changed:
            keep(session, source, changed)
        if new:
            keep(session, source, new, are_new=True)


def _changed(session: Session, source: Source) -> Iterator[int]:
    """The records whose facts this flush changes, themselves or by a line of theirs."""
    for row in (*session.new, *session.dirty, *session.deleted):
        if type(row) not in source.watched:
            continue
        name, columns = source.watched[type(row)]
        state = inspect(row)
        is_whole = row not in session.dirty
        if type(row) is source.model and is_whole:
            continue  # new ones are known, and the keys of a deleted one go with it
        if is_whole or any(state.attrs[column].history.has_changes() for column in columns):
            yield from filter(None, state.attrs[name].history.sum())


def _after_update(state: ORMExecuteState) -> Any:
    """As in a flush, after an UPDATE or a DELETE statement on what is watched."""
    touched = [source for source in SOURCES if _touches(state, source)]
    if not touched:
        return None
    model = state.bind_mapper.class_  # type: ignore[union-attr]  # it is watched
    rows = _matched(state, model)
    before = [_records(state.session, source, model, rows) for source in touched]
    result = state.invoke_statement()
    for source, ids in zip(touched, before, strict=True):
        keep(state.session, source, ids | _records(state.session, source, model, rows))
    return result


def _touches(state: ORMExecuteState, source: Source) -> bool:
    mapper = state.bind_mapper
    if mapper is None or not (state.is_update or state.is_delete):
        return False
    if mapper.class_ not in source.watched:
        return False
    columns = source.watched[mapper.class_][1]
    return state.is_delete or not columns.isdisjoint(written_columns(state))


def _matched(state: ORMExecuteState, model: type[Any]) -> list[int]:
    """The rows that the statement is about."""
    if isinstance(state.parameters, list):
        return [row["id"] for row in state.parameters]
    statement: Any = state.statement
    where = statement.whereclause
    with unfiltered("what a statement changes is worked out anew, whoever sees it"):
        asked = select(model.id) if where is None else select(model.id).where(where)
        return list(state.session.scalars(asked))


def _records(session: Session, source: Source, model: type[Any], rows: list[int]) -> set[int]:
    """The records that these rows are of."""
    column, found = getattr(model, source.watched[model][0]), set[int]()
    with unfiltered("what a statement changes is worked out anew, whoever sees it"):
        for part in batches(rows):
            found.update(filter(None, session.scalars(select(column).where(model.id.in_(part)))))
    return found
