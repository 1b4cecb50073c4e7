"""Which rows a text finds: through the index where they are few, along the list where they are not.

All of it are conditions on the rows of a statement of the caller. The row filter stands in every
select of a table in it, so in those of linked rows, too.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    and_,
    any_,
    case,
    exists,
    func,
    inspect,
    literal,
    or_,
    select,
    union,
)
from sqlalchemy.orm import Mapper, Session

from crm.core.datamodel.filters import search
from crm.core.models import Record, spec_of
from crm.core.models.words import Term, terms
from crm.core.search import indexes

# Up to so many hits are read and put in order; more stand in any list's own order soon enough.
FEW = 10_000
# Of so many of the last rows it is guessed what an index is not asked for: it would read too much.
SAMPLE = 400


class Way(StrEnum):
    """Where in a word what was typed is looked for."""

    BEGINNING = "beginning"
    INSIDE = "inside"


@dataclass(frozen=True)
class Match:
    """The rows that a text finds; `is_few` where they are read before they are put in order."""

    where: ColumnElement[bool]
    way: Way
    is_few: bool


def is_searched(model: type[Any]) -> bool:
    """Whether the rows of `model` have a search index."""
    return issubclass(model, Record)


def find(
    session: Session, model: type[Any], text: str, *within: ColumnElement[bool]
) -> Match | None:
    """The rows of `model` that `text` finds; None where it says nothing.

    Words count from their beginning; where nothing the reader may see `within` these conditions
    begins so, what is inside them counts too. Takes a statement, or two.
    """
    if not is_searched(model):  # tables that an administrator fills: few rows
        where = search(model, text)
        return Match(where, Way.INSIDE, is_few=False) if where is not None else None
    if not text.strip():
        return None
    looked_for = terms(text)
    for way in Way if looked_for else ():
        match = _Look(session, model, looked_for, way).match(within)
        if match is not None:
            return match
    return Match(model.id.in_([]), Way.INSIDE, is_few=True)


@dataclass(frozen=True)
class _Look:
    """One way of looking. A driver are terms that are looked up; the others are checked after."""

    session: Session
    model: type[Any]
    terms: Sequence[Term]
    way: Way

    def match(self, within: Sequence[ColumnElement[bool]]) -> Match | None:
        """What is found this way; None where that is nothing that the reader may see."""
        drivers = list(self._drivers())
        walk = self.matches(self.terms)
        counted = self._counted(drivers)
        numbers = [counted.c[f"n{place}"] for place in range(len(drivers))]
        conditions = [
            and_(self._one_of(self.model.id, self.ids(driver)), walk) for driver in drivers
        ]
        seen = [self._exists(and_(condition, *within)) for condition in conditions]
        any_seen = self._exists(and_(walk, *within))
        if drivers:
            few = [(n <= FEW, one) for n, one in zip(numbers, seen, strict=True)]
            any_seen = case(*few, else_=any_seen)
        *found, is_there = self.session.execute(
            select(*numbers, any_seen).select_from(counted)
        ).one()
        if not is_there:
            return None
        best = min(range(len(drivers)), key=lambda place: found[place], default=None)
        if best is None or found[best] > FEW:
            return Match(walk, self.way, is_few=False)
        return Match(conditions[best], self.way, is_few=True)

    def _drivers(self) -> Iterator[Sequence[Term]]:
        """All terms at once where each has to stand in the row itself, and each term."""
        usable = [t for t in self.terms if self.way is Way.BEGINNING or indexes.has_parts(t)]
        if len(usable) > 1 and not links(self.model):
            yield usable
        yield from ([term] for term in usable)

    def _counted(self, drivers: Sequence[Sequence[Term]]) -> CTE:
        """How many rows each driver leads to, up to FEW + 1."""
        sample = self._sample()
        # Most keys are of rows: the part of the sample, of so many rows, is more than FEW.
        most = select(func.max(self.model.__table__.c.id)).scalar_subquery()
        frequent = {
            term: select(func.count()).where(self._stands_in(sample, term)).scalar_subquery() * most
            > FEW * SAMPLE
            for term in self.terms
        }
        columns = []
        for place, driver in enumerate(drivers):
            ids = self.ids(driver).limit(FEW + 1).subquery()
            number = select(func.count()).select_from(ids).scalar_subquery()
            too_many = or_(*(frequent[term] for term in driver))
            columns.append(case((too_many, FEW + 1), else_=number).label(f"n{place}"))
        return _materialized(select(*columns or [literal(1).label("none")]), "counted")

    def _sample(self) -> CTE:
        """The words of the last rows, and of those that they link to, whoever may see them."""
        own = self.model.__table__
        texts, source = [own.c.search_text.label("t0")], own
        for number, link in enumerate(links(self.model), 1):
            other = link.target.__table__.alias(f"linked{number}")
            source = source.outerjoin(other, other.c.id == own.c[link.column])
            texts.append(other.c.search_text.label(f"t{number}"))
        last = select(*texts).select_from(source).order_by(own.c.id.desc()).limit(SAMPLE)
        return _materialized(last, "sample")

    def _stands_in(self, sample: CTE, term: Term) -> ColumnElement[bool]:
        return or_(*(self.holds(text, term) for text in sample.c))

    def _exists(self, condition: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists(select(self.model.id).where(condition))

    # Conditions ─────────────────────────────────────────────────────────────────────────────────

    def holds(self, text: ColumnElement[str], term: Term) -> ColumnElement[bool]:
        """Whether these words have one of the groups of `term`; empty where there are none.

        No LIKE: PostgreSQL takes it for so rare that it reads a whole table for it first.
        """
        place = func.instr if self._dialect == "sqlite" else func.strpos
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
        if self._dialect == "sqlite":
            return column.in_(keys)
        return column == any_(func.array(keys.scalar_subquery()))

    def _indexed(self, of: Any, driver: Sequence[Term]) -> Select[Any]:
        ask = indexes.beginning if self.way is Way.BEGINNING else indexes.with_parts
        return ask(self._dialect, of, driver)

    @property
    def _dialect(self) -> str:
        return self.session.get_bind().dialect.name


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


def _materialized(statement: Select[Any], name: str) -> CTE:
    """Read once: PostgreSQL would look it up again for each row, or read the whole table."""
    return statement.cte(name).prefix_with("MATERIALIZED")
