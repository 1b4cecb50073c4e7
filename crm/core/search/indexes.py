"""The index of each table's `search_text`, made of it by the database itself.

On SQLite two FTS5 tables, of words and of the three-letter parts of words, kept by triggers; on
PostgreSQL two GIN indexes, of words as a tsvector and of parts. The database itself maintains
them, whatever writes a row. Migrations create them with these functions, and Alembic's comparison
ignores them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    cast,
    column,
    literal_column,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, TSQUERY

from crm.core.models import Record
from crm.core.models.words import Term

PREFIX = "search_"
PART = 3  # letters
MADE = ("insert", "update", "delete")

# Of words in alphabetical order, each once; the parser of to_tsvector would take addresses,
# signs and versions for words of a kind of their own.
TSVECTOR = "array_to_tsvector(array_remove(string_to_array({0}search_text, ' '), ''))"
PARTS_FUNCTION = """
CREATE OR REPLACE FUNCTION search_parts(text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(DISTINCT substr(word, place, 3)), '{}')
  FROM unnest(string_to_array($1, ' ')) word, generate_series(1, length(word) - 2) place
$$"""


def searched_models() -> list[type[Any]]:
    """The tables that have a search index: those of records."""
    mapped = (mapper.class_ for mapper in Model.registry.mappers)
    return sorted((m for m in mapped if issubclass(m, Record)), key=lambda m: m.__tablename__)


def is_compared(name: str | None, kind: str, parents: Mapping[str, Any]) -> bool:
    """Alembic's `include_name`: leaves out the tables made here."""
    return not (kind in ("table", "index") and (name or "").startswith(PREFIX))


def create(connection: Connection, tables: Iterable[str]) -> None:
    """Make and fill the indexes of these tables."""
    if connection.dialect.name != "sqlite":
        connection.execute(text(PARTS_FUNCTION))
    for name in tables:
        for statement in _creating(connection.dialect.name, name):
            connection.execute(text(statement))


def drop(connection: Connection, tables: Iterable[str]) -> None:
    """Remove the indexes of these tables, where there are any."""
    is_sqlite = connection.dialect.name == "sqlite"
    for name in tables:
        for index in (f"{PREFIX}{name}", f"{PREFIX}{name}_parts"):
            connection.execute(text(f"DROP {'TABLE' if is_sqlite else 'INDEX'} IF EXISTS {index}"))
        for made in MADE if is_sqlite else ():
            connection.execute(text(f"DROP TRIGGER IF EXISTS {PREFIX}{name}_{made}"))


def _creating(dialect: str, name: str) -> Iterator[str]:
    words, parts = f"{PREFIX}{name}", f"{PREFIX}{name}_parts"
    if dialect != "sqlite":
        yield f"CREATE INDEX {words} ON {name} USING gin ({TSVECTOR.format('')})"
        yield f"CREATE INDEX {parts} ON {name} USING gin (search_parts(search_text))"
        return
    for index, tokenizer in ((words, "ascii"), (parts, "trigram case_sensitive 1")):
        yield (
            f"CREATE VIRTUAL TABLE {index} USING fts5(search_text, content='{name}', "
            f"content_rowid='id', tokenize='{tokenizer}', detail=none, columnsize=0)"
        )
        yield _command(index, "('rebuild')")
    yield from _triggers(name, (words, parts))


def _command(index: str, values: str, more: str = "") -> str:
    """The INSERT by which FTS5 takes a command."""
    return f"INSERT INTO {index}({index}{more}) VALUES {values}"  # noqa: S608  names of ours


def _triggers(name: str, indexes: tuple[str, str]) -> Iterator[str]:
    into = "INSERT INTO {0}(rowid, search_text) VALUES (new.id, new.search_text); "
    out = "INSERT INTO {0}({0}, rowid, search_text) VALUES ('delete', old.id, old.search_text); "
    put, take = ("".join(each.format(index) for index in indexes) for each in (into, out))
    what = {
        "insert": f"AFTER INSERT ON {name} BEGIN {put}",
        "update": f"AFTER UPDATE OF search_text ON {name} "
        f"WHEN old.search_text <> new.search_text BEGIN {take}{put}",
        "delete": f"AFTER DELETE ON {name} BEGIN {take}",
    }
    for made in MADE:
        yield f"CREATE TRIGGER {PREFIX}{name}_{made} {what[made]}END"


def check(connection: Connection, name: str) -> None:
    """Raise DatabaseError where an index of SQLite is missing or differs from the rows.

    PostgreSQL's GIN indexes are always consistent.
    """
    if connection.dialect.name == "sqlite":
        for index in (f"{PREFIX}{name}", f"{PREFIX}{name}_parts"):
            connection.execute(text(_command(index, "('integrity-check', 1)", ", rank")))


def beginning(dialect: str, of: Table, terms: Iterable[Term]) -> Select[Any]:
    """The ids of the rows with a word that begins with each of `terms`."""
    if dialect == "sqlite":
        asked = _asked(terms, " AND ", " OR ", '"{}"*'.format)
        return _matching(f"{PREFIX}{of.name}", asked)
    return select(of.c.id).where(begins(of, terms))


def begins(of: Table, terms: Iterable[Term]) -> ColumnElement[bool]:
    """On PostgreSQL, whether a row has a word that begins with each of `terms`."""
    words: ColumnElement[Any] = literal_column(TSVECTOR.format(f"{of.name}."))
    asked = _asked(terms, " & ", " | ", "'{}':*".format)
    return words.op("@@")(cast(asked, TSQUERY))


def with_parts(dialect: str, of: Table, terms: Iterable[Term]) -> Select[Any]:
    """The ids of the rows that may have each of `terms` inside a word: all of its parts.

    Only terms that have parts (`has_parts`).
    """
    in_parts = [tuple(tuple(parts_of(group)) for group in term) for term in terms]
    if dialect == "sqlite":
        asked = _asked(in_parts, " AND ", " OR ", '"{}"'.format)
        return _matching(f"{PREFIX}{of.name}_parts", asked)
    parts: ColumnElement[Any] = literal_column(f"search_parts({of.name}.search_text)")
    ways = (
        or_(*(parts.op("@>")(cast(list(group), ARRAY(TEXT))) for group in term))
        for term in in_parts
    )
    return select(of.c.id).where(and_(*ways))


def has_parts(term: Term) -> bool:
    """Whether each way to find `term` has a word that is long enough for the index of parts."""
    return all(parts_of(group) for group in term)


def parts_of(group: Iterable[str]) -> list[str]:
    """The parts of some words, each once."""
    found = (word[n : n + PART] for word in group for n in range(len(word) - PART + 1))
    return list(dict.fromkeys(found))


def _matching(index: str, asked: str) -> Select[Any]:
    fts = table(index, column("rowid"), column(index))
    return select(fts.c.rowid.label("id")).where(fts.c[index].op("MATCH")(asked))


def _asked(terms: Iterable[Term], and_word: str, or_word: str, one: Callable[[str], str]) -> str:
    """The query in the syntax of the index; words are letters and digits: nothing to escape."""
    return and_word.join(
        "(" + or_word.join("(" + and_word.join(map(one, group)) + ")" for group in term) + ")"
        for term in terms
    )
