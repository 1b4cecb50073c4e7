"""The rows that have some terms, as SQL: looked up in the index, or asked row by row."""

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
    """Where in a word what was typed is looked for."""

    BEGINNING = "beginning"
    INSIDE = "inside"


@dataclass(frozen=True)
class Conditions:
    """Conditions on the rows of `model`, and on those that they are found through."""

    model: type[Any]
    way: Way
    dialect: str

    def holds(self, text: ColumnElement[str], term: Term) -> ColumnElement[bool]:
        """Whether these words have one of the groups of `term`; empty where there are none.

        No LIKE: PostgreSQL takes it for so rare that it reads a whole table for it first.
        """
        place = func.instr if self.dialect == "sqlite" else func.strpos
        mark = " " if self.way is Way.BEGINNING else ""
        text = literal(mark) + text if mark else text
        return or_(*(and_(*(place(text, mark + word) > 0 for word in group)) for group in term))

    def matches(self, some: Iterable[Term]) -> ColumnElement[bool]:
        """The rows that have all of these terms, one by one."""
        return and_(*(self._has(term) for term in some))

    def _has(self, term: Term) -> ColumnElement[bool]:
        ways = [self.holds(self.model.search_text, term)]
        for link in links(self.model):
            other = link.target
            there = select(other.search_text).where(other.id == getattr(self.model, link.column))
            # A value and no EXISTS, which PostgreSQL would answer by reading the table whole.
            ways.append(self.holds(there.correlate(self.model).scalar_subquery(), term))
        return or_(*ways)

    def found(self, driver: Sequence[Term]) -> ColumnElement[bool]:
        """The rows with these terms, looked up."""
        return self._one_of(self.model.id, self.ids(driver))

    def ids(self, driver: Sequence[Term]) -> Select[Any]:
        """The keys of these rows, and of those linked to a row that it finds."""
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
        """Whether `column` is one of a few keys, which are read first.

        PostgreSQL expects thousands of keys of a search, and reads the table instead; of an array
        it expects few.
        """
        if self.dialect == "sqlite":
            return column.in_(keys)
        return column == any_(func.array(keys.scalar_subquery()))

    def _indexed(self, of: Any, driver: Sequence[Term]) -> Select[Any]:
        ask = indexes.beginning if self.way is Way.BEGINNING else indexes.with_parts
        return ask(self.dialect, of, driver)


@dataclass(frozen=True)
class Link:
    """A foreign key by which a row is found through another one."""

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
        and "said" in next(iter(one.local_columns)).info
        and spec_of(mapper.class_, one.key).search
    )
