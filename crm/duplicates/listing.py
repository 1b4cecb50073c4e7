"""The suspected groups of the last check, as far as the actor may read their records."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, desc, exists, func, select
from sqlalchemy.orm import aliased

from crm.core.db import db
from crm.duplicates.dismissing import Pair
from crm.duplicates.finding import ignored_domains
from crm.duplicates.likeness import LISTED, Against, Likeness, Reason, compare
from crm.duplicates.models import CHECKS, DISMISSALS, PAIRS
from crm.duplicates.profile import Profile
from crm.duplicates.sources import Source

MEMBERS = 10  # records shown of a group; a merge takes five
PAIRS_READ = 1_000  # of a page
COUNTED = 1_000  # groups


@dataclass(frozen=True)
class Group:
    """Records that hang together, the oldest first, as they are now."""

    ids: tuple[int, ...]
    pairs: tuple[Pair, ...]
    score: int
    reasons: tuple[Reason, ...]
    against: tuple[Against, ...]
    more: int = 0  # records that are not shown


class Listing:
    """The pairs of a table; `company_id` is the company chosen in the top bar, if one is."""

    def __init__(self, source: Source, company_id: int | None, least: int = LISTED) -> None:
        self.source, self.least = source, least
        self.low = aliased(source.model)
        self.where: list[ColumnElement[bool]] = []
        if company_id is not None:
            self.where.append(self.low.company_id == company_id)

    def count(self) -> int:
        """The number of groups, up to COUNTED + 1."""
        inner = self._open(PAIRS.c.group_id).distinct().limit(COUNTED + 1).subquery()
        return db.session.scalar(select(func.count()).select_from(inner)) or 0

    def count_dismissed(self) -> int:
        """The number of dismissed pairs, up to COUNTED + 1."""
        inner = self._of(DISMISSALS, self.low.id).limit(COUNTED + 1).subquery()
        return db.session.scalar(select(func.count()).select_from(inner)) or 0

    def page(self, first: int, size: int) -> list[Group]:
        """The groups from `first` on, the likeliest first. Five statements at the most."""
        score = func.max(PAIRS.c.score)
        asked = self._open(PAIRS.c.group_id, score).group_by(PAIRS.c.group_id)
        asked = asked.order_by(desc(score), PAIRS.c.group_id).offset(first).limit(size)
        ids = [row[0] for row in db.session.execute(asked)]
        if not ids:
            return []
        pairs = self._open(PAIRS.c.group_id, PAIRS.c.low_id, PAIRS.c.high_id)
        pairs = pairs.where(PAIRS.c.group_id.in_(ids)).order_by(desc(PAIRS.c.score))
        found: dict[int, list[Pair]] = {pk: [] for pk in ids}
        for row in db.session.execute(pairs.limit(PAIRS_READ)):
            found[row.group_id].append((row.low_id, row.high_id))
        return self._compared(found.values())

    def dismissed(self, first: int, size: int) -> list[Group]:
        """Pairs that were dismissed and have not changed since, the last one first."""
        table = DISMISSALS.c
        asked = self._of(DISMISSALS, table.low_id, table.high_id, table.fingerprint)
        asked = asked.order_by(desc(table.dismissed_on), table.low_id, table.high_id)
        rows = db.session.execute(asked.offset(first).limit(size)).all()
        return self._compared([[(row.low_id, row.high_id)] for row in rows])

    def _of(self, table: Any, *columns: Any) -> Select[Any]:
        """Rows of a table of pairs whose records the actor reads, both of them.

        The second by a look at each: SQLAlchemy 2.1 names the wrong table where the row filter
        is on two aliases that are joined.
        """
        model = self.source.model
        high = select(model.id).where(model.id == table.c.high_id).correlate(table)
        joined = select(*columns).select_from(self.low)
        joined = joined.join(table, table.c.low_id == self.low.id)
        return joined.where(
            table.c.kind == self.source.kind, high.scalar_subquery().is_not(None), *self.where
        )

    def _open(self, *columns: Any) -> Select[Any]:
        """Pairs of the last check that nobody dismissed as they are."""
        kind = self.source.kind
        last = select(CHECKS.c.run).where(CHECKS.c.kind == kind).scalar_subquery()
        same = (PAIRS.c[name] == DISMISSALS.c[name] for name in ("kind", "low_id", "high_id"))
        is_same = and_(*same, PAIRS.c.fingerprint == DISMISSALS.c.fingerprint)
        noted = exists(select(1).select_from(DISMISSALS).where(is_same).correlate(PAIRS))
        found = self._of(PAIRS, *columns)
        return found.where(PAIRS.c.run == last, PAIRS.c.score >= self.least, ~noted)

    def _compared(self, groups: Iterable[Sequence[Pair]]) -> list[Group]:
        """The groups as their records are now: what no longer looks the same is left out."""
        groups = list(groups)
        wanted = {pk for pairs in groups for pair in pairs for pk in pair}
        profiles = self.source.profiles(db.session(), wanted)
        ignored, found = ignored_domains(), list[Group]()
        for pairs in groups:
            likes = {
                pair: compare(profiles[pair[0]], profiles[pair[1]], ignored)
                for pair in pairs
                if pair[0] in profiles and pair[1] in profiles
            }
            likes = {pair: one for pair, one in likes.items() if one.score >= self.least}
            if likes:
                found.append(_group(likes, profiles))
        return found


def _group(likes: dict[Pair, Likeness], profiles: dict[int, Profile]) -> Group:
    best = max(likes.values(), key=lambda one: one.score)
    against: dict[Against, None] = dict.fromkeys(best.against)
    for one in likes.values():
        against.update(dict.fromkeys(one.against))
    ids = sorted({pk for pair in likes for pk in pair})
    shown = tuple(ids[:MEMBERS])
    if len({profiles[pk].siren for pk in shown} - {""}) > 1:  # of two that hang together by a third
        against[Against.SIREN] = None
    pairs = tuple(pair for pair in sorted(likes) if pair[0] in shown and pair[1] in shown)
    return Group(shown, pairs, best.score, best.reasons, tuple(against), len(ids) - len(shown))
