"""Find rows by text: by the index where it finds few, else row by row in the order of the list.

The result is a condition for the caller's statement. The row filter applies to each SELECT in it,
those of linked rows included.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from crm.core.datamodel.filters import search
from crm.core.models import Record
from crm.core.models.words import Term, terms
from crm.core.search import indexes
from crm.core.search.conditions import Conditions, Way, links

# Up to so many hits are sorted; more are met soon enough when the list is read in its order.
FEW = 10_000
# The last rows, from which the number of hits is estimated where the index would read too many.
SAMPLE = 400
# A list of which one row in so many is found is counted quicker in its own order than by the index.
MOST = 4


@dataclass(frozen=True)
class SearchMatch:
    """The rows that a text finds; `is_few`: read all and sort, instead of in the list's order.

    `counted` finds the same rows, quicker where only their number is asked for.
    """

    where: ColumnElement[bool]
    counted: ColumnElement[bool]
    way: Way
    is_few: bool


def is_searched(model: type[Any]) -> bool:
    """Whether the rows of `model` have a search index."""
    return issubclass(model, Record)


def find(
    session: Session, model: type[Any], text: str, *within: ColumnElement[bool]
) -> SearchMatch | None:
    """The rows of `model` that `text` finds; None where it has no words.

    Terms match the beginnings of words; where the reader sees no such row `within` these
    conditions, they match inside words. One statement or two.
    """
    if not is_searched(model):  # tables that an administrator fills: few rows
        where = search(model, text)
        return SearchMatch(where, where, Way.INSIDE, is_few=False) if where is not None else None
    if not text.strip():
        return None
    looked_for = terms(text)
    for way in Way if looked_for else ():
        match = _Look(
            session, looked_for, Conditions(model, way, session.get_bind().dialect.name)
        ).match(within)
        if match is not None:
            return match
    nothing = model.id.in_([])
    return SearchMatch(nothing, nothing, Way.INSIDE, is_few=True)


@dataclass(frozen=True)
class _Look:
    """A search one way. A driver are the terms for the index; the others are checked after."""

    session: Session
    terms: Sequence[Term]
    by: Conditions

    def match(self, within: Sequence[ColumnElement[bool]]) -> SearchMatch | None:
        """The match; None where the reader would see no row."""
        drivers = list(self._drivers())
        walk = self.by.matches(self.terms)
        counted = self._counted(drivers)
        numbers = [counted.c[f"n{place}"] for place in range(len(drivers))]
        conditions = [and_(self.by.found(driver), walk) for driver in drivers]
        seen = [self._exists(and_(condition, *within)) for condition in conditions]
        any_seen = self._exists(and_(walk, *within))
        if drivers:
            few = [(n <= FEW, one) for n, one in zip(numbers, seen, strict=True)]
            any_seen = case(*few, else_=any_seen)
        *found, is_most, is_there = self.session.execute(
            select(*numbers, counted.c.is_most, any_seen).select_from(counted)
        ).one()
        if not is_there:
            return None
        best = min(range(len(drivers)), key=lambda place: found[place], default=None)
        if best is None:
            return SearchMatch(walk, walk, self.by.way, is_few=False)
        if found[best] > FEW:
            by_index = walk if is_most else self._by_index(conditions[best])
            return SearchMatch(walk, by_index, self.by.way, is_few=False)
        return SearchMatch(conditions[best], conditions[best], self.by.way, is_few=True)

    def _by_index(self, checked: ColumnElement[bool]) -> ColumnElement[bool]:
        """The rows by the index alone, which knows beginnings of words; `checked` for parts."""
        if self.by.way is Way.INSIDE:
            return checked
        return and_(*map(self.by.begins, self.terms))

    def _drivers(self) -> Iterator[Sequence[Term]]:
        """Possible drivers: each term, and all terms where each must be in the row itself."""
        usable = [t for t in self.terms if self.by.way is Way.BEGINNING or indexes.has_parts(t)]
        if len(usable) > 1 and not links(self.by.model):
            yield usable
        yield from ([term] for term in usable)

    def _counted(self, drivers: Sequence[Sequence[Term]]) -> CTE:
        """The number of rows that each driver finds, up to FEW + 1."""
        sample = self._sample()
        # Most ids up to the last are in use, so this share of the sample means more than FEW rows.
        most = select(func.max(self.by.model.__table__.c.id)).scalar_subquery()
        shares = {
            term: select(func.count()).where(self._stands_in(sample, term)).scalar_subquery()
            for term in self.terms
        }
        frequent = {term: share * most > FEW * SAMPLE for term, share in shares.items()}
        columns = []
        for place, driver in enumerate(drivers):
            ids = self.by.ids(driver).limit(FEW + 1).subquery()
            number = select(func.count()).select_from(ids).scalar_subquery()
            too_many = or_(*(frequent[term] for term in driver))
            columns.append(case((too_many, FEW + 1), else_=number).label(f"n{place}"))
        is_most = and_(*(share > SAMPLE // MOST for share in shares.values()))
        return _materialized(select(*columns, is_most.label("is_most")), "counted")

    def _sample(self) -> CTE:
        """The words of the last rows and of the rows they link to, without the row filter."""
        own = self.by.model.__table__
        texts, source = [own.c.search_text.label("t0")], own
        for number, link in enumerate(links(self.by.model), 1):
            other = link.target.__table__.alias(f"linked{number}")
            source = source.outerjoin(other, other.c.id == own.c[link.column])
            texts.append(other.c.search_text.label(f"t{number}"))
        last = select(*texts).select_from(source).order_by(own.c.id.desc()).limit(SAMPLE)
        return _materialized(last, "sample")

    def _stands_in(self, sample: CTE, term: Term) -> ColumnElement[bool]:
        return or_(*(self.by.holds(text, term) for text in sample.c))

    def _exists(self, condition: ColumnElement[bool]) -> ColumnElement[bool]:
        return exists(select(self.by.model.id).where(condition))


def _materialized(statement: Select[Any], name: str) -> CTE:
    """A CTE that PostgreSQL evaluates once instead of for each row."""
    return statement.cte(name).prefix_with("MATERIALIZED")
