"""Reading a page along an index: one limited scan for each value of its first columns.

A page of two companies, for example, is among the first rows of each; rows where a nullable column
is NULL are another scan. Whatever the size of the table, a scan reads as many rows as the page has,
and those that conditions exclude.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Index,
    Integer,
    Select,
    and_,
    literal,
    or_,
    select,
    true,
    union_all,
)

from crm.core.datamodel.index_choice import Values, compared, prefix_columns
from crm.core.datamodel.laterals import lateral_join, number_table
from crm.core.datamodel.orders import Order
from crm.core.models.tables import BINNED

PLACE = "place"
ROWS = 1000  # read and sorted at most by the branches of a statement


@dataclass(frozen=True)
class IndexScan:
    """What all branches of a page share."""

    statement: Select[Any]
    model: type[Any]
    order: Order
    index: Index
    limit: int
    backwards: bool
    is_sqlite: bool

    @property
    def down(self) -> bool:
        return self.order.descending != self.backwards

    @property
    def can_be_empty(self) -> bool:
        is_of_bin = self.index.info["listed"] == BINNED and self.order.column.key == "deleted_at"
        return self.order.can_be_empty and not is_of_bin

    @property
    def is_checked(self) -> bool:
        """Whether the statement has conditions that the index does not answer."""
        found = compared(self.statement, self.model)
        return not found.alone or not found.columns <= {one.name for one in self.index.columns}

    @property
    def link(self) -> str:
        return "" if self.order.link is None else str(self.order.link.key)

    def column(self, name: str) -> Any:
        return getattr(self.model, name)


@dataclass(frozen=True)
class Branch:
    """The scans of one SELECT: columns with `one` value, and columns `many` with those of `rows`.

    `empty`: True for rows where the sorted column is NULL, False for the others, None for both.
    `start` is (value, id) of the row before the page, where that is within the branch.
    """

    one: Mapping[str, Any]
    many: Sequence[str]
    rows: Sequence[Sequence[int]]
    empty: bool | None
    start: Sequence[Any] | None


def parent_batches(
    walk: IndexScan, values: Mapping[str, Values], start: Sequence[Any] | None
) -> list[Values]:
    """The possible parents of the rows of a page, in batches, in the order of the page.

    One batch without a link. Small batches avoid reading rows that the page does not need; where
    rows are read to be checked, the first parent is tried alone, as it mostly fills the page.
    """
    if not walk.link:
        return [()]
    known = values.get(walk.link)
    is_nullable = walk.order.link.property.columns[0].nullable
    parents = [*walk.order.parents, *([None] if is_nullable else [])]
    if start is not None:
        place = walk.order.rank(start[0])
        parents = parents[: place + 1] if walk.backwards else parents[place:]
    parents = [one for one in parents if known is None or one in known]
    others = (
        name for name in prefix_columns(walk.index, walk.order.column.key) if name != walk.link
    )
    walks = prod(len(values[name]) for name in others) * (2 if walk.can_be_empty else 1)
    size = max(1, ROWS // max(walk.limit * walks, 1))
    if walk.backwards:
        parents.reverse()
    alone = 1 if walk.is_checked else 0
    parts = [parents[:alone], *(parents[n : n + size] for n in range(alone, len(parents), size))]
    return [tuple(part) for part in parts if part]


def scan_branches(
    walk: IndexScan, values: Mapping[str, Values], start: Sequence[Any] | None, parents: Values
) -> Any:
    """A subquery with the columns place (of the parent), value and id.

    `parents` are those of the present batch.
    """
    if walk.link:
        values = {**values, walk.link: parents}
    made = [_select(walk, branch) for branch in _branches(walk, values, start)]
    if not made:  # no possible value: no rows
        nothing = _walked(walk, Branch({}, (), (), None, None)).where(walk.model.id.is_(None))
        return select(literal(0).label(PLACE), nothing.subquery()).subquery()
    return (union_all(*made) if len(made) > 1 else made[0]).subquery()


def _branches(
    walk: IndexScan, values: Mapping[str, Values], start: Sequence[Any] | None
) -> Iterator[Branch]:
    for one, many, rows in _combinations(walk, values):
        for begun, part in _since(walk, rows, start):
            for empty in (False, True) if walk.can_be_empty else (None,):
                if begun is None:
                    yield Branch(one, many, part, empty, None)
                elif empty is None or empty == (begun[0] is None):
                    yield Branch(one, many, part, empty, begun)
                elif empty != walk.backwards:  # NULLs are last
                    yield Branch(one, many, part, empty, None)


def _combinations(
    walk: IndexScan, values: Mapping[str, Values]
) -> Iterator[tuple[dict[str, Any], list[str], list[list[int]]]]:
    """Each combination of NULL and not NULL for the first columns, with the rows of its values.

    The first cell of such a row is the place of its parent in the order.
    """
    order, link = walk.order, walk.link
    choices: list[list[tuple[str, Any]]] = []
    for name in prefix_columns(walk.index, order.column.key):
        filled = [value for value in values[name] if value is not None]
        choices.append([(name, None)] if None in values[name] else [])
        if filled:
            choices[-1].append((name, filled))
    for combination in product(*choices):
        one = {name: v for name, v in combination if v is None}
        several = {name: v for name, v in combination if v is not None}
        one |= {name: v[0] for name, v in several.items() if len(v) == 1 and name != link}
        many = [name for name in several if name not in one]
        rows = []
        for cells in product(*(several[name] for name in many)):
            parent = dict(zip(many, cells, strict=True)).get(link)
            rows.append([order.rank(parent) if link else 0, *cells])
        yield one, many, rows


def _since(
    walk: IndexScan, rows: list[list[int]], start: Sequence[Any] | None
) -> Iterator[tuple[Sequence[Any] | None, list[list[int]]]]:
    """Split `rows` by whether the page starts within them; those before it are left out."""
    if start is None or walk.order.link is None:
        yield start, rows
        return
    place = walk.order.rank(start[0])
    same = [row for row in rows if row[0] == place]
    past = [row for row in rows if (row[0] < place if walk.backwards else row[0] > place)]
    if same:
        yield start[1:], same
    if past:
        yield None, past


def _select(walk: IndexScan, branch: Branch) -> Select[Any]:
    inner = _walked(walk, branch)
    if not branch.many:
        only = inner.subquery()
        place = branch.rows[0][0] if branch.rows else 0
        return select(literal(place, Integer).label(PLACE), only.c.value, only.c.id)
    parents = number_table(["place", *branch.many], branch.rows, walk.is_sqlite)
    inner = inner.where(*(walk.column(name) == parents.c[name] for name in branch.many))
    found, value, pk = lateral_join(parents, inner, walk.is_sqlite)
    joined = parents.join(found, true())
    return select(parents.c.place, value.label("value"), pk.label("id")).select_from(joined)


def _walked(walk: IndexScan, branch: Branch) -> Select[Any]:
    """The first rows of a branch, in the order of the page."""
    value, pk = walk.order.column, walk.model.id
    where: list[ColumnElement[bool]] = [
        walk.column(name).is_(None) if one is None else walk.column(name) == one
        for name, one in branch.one.items()
    ]
    if branch.empty is not None:
        where.append(value.is_(None) if branch.empty else value.is_not(None))
    if branch.start is not None:
        where.append(_beyond(value, pk, branch.start, walk.down))
    # By the first columns too, though they are constant: for `IS NULL` PostgreSQL does not
    # conclude that, and would sort.
    first = (walk.column(name) for name in prefix_columns(walk.index, value.key))
    keys = [*first, value, pk]
    inner = walk.statement.where(*where).with_only_columns(value.label("value"), pk.label("id"))
    inner = inner.order_by(None).order_by(*(key.desc() if walk.down else key for key in keys))
    return inner.limit(walk.limit).with_hint(walk.model, f"INDEXED BY {walk.index.name}", "sqlite")


def _beyond(value: Any, pk: Any, start: Sequence[Any], down: bool) -> ColumnElement[bool]:
    """The rows after `start`; the redundant condition on the value lets the index begin there."""
    past_pk = pk < start[1] if down else pk > start[1]
    if start[0] is None:
        return past_pk
    past = value < start[0] if down else value > start[0]
    from_there = value <= start[0] if down else value >= start[0]
    return and_(from_there, or_(past, and_(value == start[0], past_pk)))
