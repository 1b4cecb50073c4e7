"""The SQL conditions of a search: by the index, or evaluated row by row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, any_, func, inspect, literal, or_, select, union
from sqlalchemy.orm import Mapper

from crm.core.models import spec_of
from crm.core.models.words import Term
from crm.core.search import indexes


class Way(StrEnum):
    """Where in a word a term has to match."""

    BEGINNING = "beginning"
    INSIDE = "inside"


@dataclass(frozen=True)
class Conditions:
    """Conditions on the rows of `model` and on the rows that they link to."""

    model: type[Any]
    way: Way
    dialect: str

    def holds(self, text: ColumnElement[str], term: Term) -> ColumnElement[bool]:
        """Whether `text` has one of the word groups of `term`; NULL where `text` is.

        Not by LIKE, whose selectivity PostgreSQL underestimates, so that it scans the whole table.
        """
        place = func.instr if self.dialect == "sqlite" else func.strpos
        mark = " " if self.way is Way.BEGINNING else ""
        text = literal(mark) + text if mark else text
        return or_(*(and_(*(place(text, mark + word) > 0 for word in group)) for group in term))

    def matches(self, some: Iterable[Term]) -> ColumnElement[bool]:
        """The rows that have all of these terms, evaluated row by row."""
        return and_(*(self._has(term) for term in some))

    def _has(self, term: Term) -> ColumnElement[bool]:
        ways = [self.holds(self.model.search_text, term)]
        for link in links(self.model):
            other = link.target
            there = select(other.search_text).where(other.id == getattr(self.model, link.column))
            # A scalar subquery: for EXISTS PostgreSQL would scan the linked table.
            ways.append(self.holds(there.correlate(self.model).scalar_subquery(), term))
        return or_(*ways)

    def found(self, driver: Sequence[Term]) -> ColumnElement[bool]:
        """The rows that have these terms, by the index."""
        return self._one_of(self.model.id, self.ids(driver))

    def begins(self, term: Term) -> ColumnElement[bool]:
        """As `found`, for counting where many rows are: PostgreSQL stops reading them in time."""
        if self.dialect == "sqlite":
            return self.found([term])
        ways = [indexes.begins(self.model.__table__, [term])]
        for link in links(self.model):
            other = link.target
            seen = select(other.id).where(indexes.begins(other.__table__, [term]))
            ways.append(self._one_of(getattr(self.model, link.column), seen))
        return or_(*ways)

    def ids(self, driver: Sequence[Term]) -> Select[Any]:
        """The ids of the rows found by the index, and of those linked to such rows."""
        own = self.model.__table__
        ways = [self._indexed(own, driver)]
        for link in links(self.model):
            other = link.target
            there = self._indexed(other.__table__, driver)
            seen = select(other.id).where(self._one_of(other.id, there))
            ways.append(select(own.c.id).where(self._one_of(own.c[link.column], seen)))
        if len(ways) == 1:
            return ways[0]
        found = union(*ways).subquery()
        return select(found.c.id)

    def _one_of(self, column: Any, keys: Select[Any]) -> ColumnElement[bool]:
        """Whether `column` is one of `keys`, which are read first.

        As an array on PostgreSQL, which expects few elements there; of a subquery it expects
        thousands of keys and scans the table.
        """
        if self.dialect == "sqlite":
            return column.in_(keys)
        return column == any_(func.array(keys.scalar_subquery()))

    def _indexed(self, of: Any, driver: Sequence[Term]) -> Select[Any]:
        ask = indexes.beginning if self.way is Way.BEGINNING else indexes.with_parts
        return ask(self.dialect, of, driver)


@dataclass(frozen=True)
class Link:
    """A foreign key to a row whose words also find this one."""

    column: str
    target: type[Any]


def links(model: type[Any]) -> tuple[Link, ...]:
    """The links of `model` that are declared with `search=True`."""
    return _links(inspect(model))


@cache
def _links(mapper: Mapper[Any]) -> tuple[Link, ...]:
    return tuple(
        Link(next(iter(one.local_columns)).name, one.mapper.class_)
        for one in mapper.relationships
        if one.direction.name == "MANYTOONE"
        and "declared" in next(iter(one.local_columns)).info
        and spec_of(mapper.class_, one.key).search
    )
