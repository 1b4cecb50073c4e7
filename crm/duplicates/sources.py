"""What an upper slice says of a table whose records may be duplicates."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Column, Table
from sqlalchemy.orm import Session

from crm.core.db import batches
from crm.duplicates.facts import Facts
from crm.duplicates.profile import Profile, profile_of

AT_ONCE = 2_000  # records read by one statement


class Values(Protocol):
    """The values of a form, of an import's line or of a row, by field; None where there is none."""

    def get(self, name: str, /) -> Any: ...


@dataclass(frozen=True)
class Source:
    """A table, its keys, and how its facts are read.

    `read` gives the facts of those of these records that are outside the bin, whoever may see
    them; `of_values` those of what a form has, by field. `watched` are the columns that the facts
    come from: table → (its column that names the record, the columns).
    """

    model: type[Any]
    keys: Table
    read: Callable[[Session, Iterable[int]], dict[int, Facts]]
    of_values: Callable[[Values], Facts]
    watched: Mapping[type[Any], tuple[str, frozenset[str]]]

    @property
    def kind(self) -> str:
        """What the table is called where pairs are noted."""
        return str(self.model.__tablename__)

    def profiles(self, session: Session, ids: Iterable[int]) -> dict[int, Profile]:
        """The normal form of the facts that `read` gives, of any number of records."""
        found: dict[int, Profile] = {}
        for part in batches(sorted(ids), AT_ONCE):
            found |= {pk: profile_of(facts) for pk, facts in self.read(session, part).items()}
        return found

    @property
    def pk(self) -> Column[Any]:
        """The column of `keys` that names the record."""
        return next(column for column in self.keys.c if column.name != "key")


class RowValues:
    """A stored row, lines included, as `of_values` reads a form: by field."""

    def __init__(self, row: Any) -> None:
        self.row = row

    def get(self, name: str, /) -> Any:
        value = getattr(self.row, name, None)
        return [RowValues(one) for one in value] if isinstance(value, list) else value


# Filled by crm.app, which knows every slice.
SOURCES: list[Source] = []


def source_of(model: type[Any]) -> Source:
    """The source of a table. Raises LookupError where its records are not compared."""
    for source in SOURCES:
        if source.model is model:
            return source
    raise LookupError(model.__name__)
