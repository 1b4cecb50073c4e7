"""The parents of an account, and its subsidiaries with theirs. Source: spec 5.2, 5.3.

Each is one statement, whose every step passes through the row filter: an account that the actor may
not read ends its branch. Nothing in the database forbids a circle of parents, so that neither comes
back to the account itself, and both end at `MOST_LEVELS`.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import literal, select
from sqlalchemy.orm import aliased, joinedload
from sqlalchemy.orm.interfaces import ORMOption

from crm.accounts.models import Account
from crm.core.db import db

MOST_LEVELS = 5
MOST_ROWS = 200


@dataclass
class Node:
    """A subsidiary, with its own in the order of their names."""

    account: Account
    nodes: list["Node"] = field(default_factory=list)


@dataclass
class Below:
    """The subsidiaries of an account; `is_cut` where there are more than are shown."""

    nodes: list[Node]
    is_cut: bool


@dataclass
class Above:
    """The parents of an account, the nearest last; `is_cut` where the first has one too."""

    accounts: list[Account]
    is_cut: bool


def parents(account: Account) -> Above:
    """Its parent, the parent of that one and so on, up to `MOST_LEVELS`."""
    if account.parent_id is None:
        return Above([], is_cut=False)
    upper = aliased(Account)
    start = (Account.id, Account.name_key, literal(1).label("depth"), Account.parent_id)
    near = select(*start).where(Account.id == account.parent_id, Account.id != account.id)
    line = near.cte("line", recursive=True)
    step = (upper.id, upper.name_key, line.c.depth + 1, upper.parent_id)
    far = select(*step).join(line, upper.id == line.c.parent_id)
    line = line.union_all(far.where(upper.id != account.id, line.c.depth <= MOST_LEVELS))
    rows = _read(line, MOST_LEVELS + 1)
    # A circle among the parents comes back to one of them.
    found = list(dict.fromkeys(row for row, _depth in rows))
    return Above(found[:MOST_LEVELS][::-1], len(found) > MOST_LEVELS)


def subsidiaries(account: Account) -> Below:
    """Its subsidiaries, the upper levels first where there are more than `MOST_ROWS`."""
    lower = aliased(Account)
    start = (Account.id, Account.name_key, literal(1).label("depth"))
    near = select(*start).where(Account.parent_id == account.id, Account.id != account.id)
    whole = near.cte("whole", recursive=True)
    step = (lower.id, lower.name_key, whole.c.depth + 1)
    far = select(*step).join(whole, lower.parent_id == whole.c.id)
    whole = whole.union_all(far.where(lower.id != account.id, whole.c.depth <= MOST_LEVELS))
    # What a line shows, in the same statement: the tab is near its budget.
    told = (joinedload(Account.owner), joinedload(Account.addresses))
    rows = _read(whole, MOST_ROWS + 1, told)
    shown = [row for row, depth in rows[:MOST_ROWS] if depth <= MOST_LEVELS]
    return Below(_nested(account, shown), len(shown) < len(rows))


def _nested(account: Account, rows: Sequence[Account]) -> list[Node]:
    nodes: dict[int | None, list[Node]] = defaultdict(list)
    for row in rows:
        nodes[row.parent_id].append(Node(row, nodes[row.id]))
    return nodes[account.id]


def _read(found: Any, most: int, options: Sequence[ORMOption] = ()) -> list[tuple[Account, int]]:
    """(account, its level) of the rows (id, name key, level): the nearest levels, then by name.

    The first `most` are found before their accounts are read, as no database knows that a
    recursive statement finds few: it would read the whole table beside it.
    """
    order = (found.c.depth, found.c.name_key, found.c.id)
    first = select(*order).order_by(*order).limit(most).subquery()
    statement = (
        select(Account, first.c.depth)
        .join(first, Account.id == first.c.id)
        .options(*options)
        .order_by(first.c.depth, first.c.name_key, first.c.id)
    )
    return [(row, depth) for row, depth in db.session.execute(statement).unique()]
