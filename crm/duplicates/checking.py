"""Find all pairs of records that look the same, by the keys that they share.

Records are compared only where they share a key, each pair once. A value that very many records
share, such as the telephone of a switchboard, says nothing of any two of them: it is passed over
and counted, and they are found by their other keys.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations, groupby

from flask import current_app
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from crm.core.db import batches, db, let_others_write, transaction
from crm.core.jobs import every_minute, nightly
from crm.core.locks import exclusive
from crm.core.types import utcnow
from crm.duplicates.dismissing import Pair
from crm.duplicates.finding import ignored_domains
from crm.duplicates.keys import KeyKind, fingerprint, first_of, keys_of, kind_of
from crm.duplicates.likeness import LISTED, compare
from crm.duplicates.models import CHECKS, PAIRS
from crm.duplicates.profile import Profile, profile_of
from crm.duplicates.sources import SOURCES, Source

# Records that may share a key for it to be followed. A word of a name at a place says less.
CROWD = 40
WORD_CROWD = 12
AT_ONCE = 2_000  # keys
KEPT = 100_000  # profiles in memory
WRITTEN = 500  # pairs in a transaction


@dataclass
class Check:
    """What a check of one table found: the pairs with their score and fingerprint."""

    pairs: dict[Pair, tuple[int, int]] = field(default_factory=dict)
    compared: int = 0
    crowded: int = 0  # numbers and addresses passed over, not names


def check(source: Source) -> Check:
    """Check every record of a table, whoever may see it, and store what was found."""
    found = find_pairs(db.session(), source)
    _store(source, found)
    return found


def find_pairs(session: Session, source: Source) -> Check:
    """All pairs of records that look the same."""
    found, search = Check(), _Search(session, source)
    for part in search.crowds(found):
        search.compare(part, found)
        session.rollback()  # no snapshot is kept for minutes
    return found


class _Search:
    """One search, with the profiles that it needs again."""

    def __init__(self, session: Session, source: Source) -> None:
        self.session, self.source = session, source
        self.ignored = ignored_domains()
        self.crowded: set[int] = set()
        self.profiles: dict[int, tuple[Profile, frozenset[int]]] = {}

    def crowds(self, found: Check) -> Iterator[dict[int, list[int]]]:
        """key → the records that share it, so many keys at a time."""
        key, last = self.source.keys.c.key, first_of(KeyKind.NEAR_NAME) - 1
        while True:
            asked = select(key, func.count()).where(key > last).group_by(key)
            asked = asked.having(func.count() > 1).order_by(key).limit(AT_ONCE)
            crowds = self.session.execute(asked).all()
            if not crowds:
                return
            last = crowds[-1][0]
            few = [one for one, count in crowds if count <= _most(one)]
            many = {one for one, _count in crowds}.difference(few)
            self.crowded |= many
            found.crowded += sum(kind_of(one) >= KeyKind.PHONE for one in many)
            for part in batches(few):
                yield self._members(part)

    def _members(self, keys: list[int]) -> dict[int, list[int]]:
        table, pk = self.source.keys, self.source.pk
        asked = select(table.c.key, pk).where(table.c.key.in_(keys)).order_by(table.c.key, pk)
        rows = self.session.execute(asked)
        return {key: [row[1] for row in part] for key, part in groupby(rows, lambda row: row[0])}

    def compare(self, crowds: Mapping[int, list[int]], found: Check) -> None:
        self._load({pk for members in crowds.values() for pk in members})
        for key, members in crowds.items():
            known = [pk for pk in members if pk in self.profiles]
            for low, high in combinations(known, 2):
                (one, keys), (other, others) = self.profiles[low], self.profiles[high]
                if min((keys & others) - self.crowded, default=key) != key:
                    continue  # compared at an earlier key
                found.compared += 1
                score = compare(one, other, self.ignored).score
                if score >= LISTED:
                    found.pairs[low, high] = score, fingerprint(one, other)

    def _load(self, ids: set[int]) -> None:
        if len(self.profiles) > KEPT:
            self.profiles.clear()
        first = first_of(KeyKind.NEAR_NAME)
        for part in batches(sorted(ids - self.profiles.keys())):
            for pk, facts in self.source.read(self.session, part).items():
                profile = profile_of(facts)
                keys = frozenset(key for key in keys_of(profile) if key >= first)
                self.profiles[pk] = profile, keys


def _most(key: int) -> int:
    return WORD_CROWD if kind_of(key) is KeyKind.NEAR_NAME else CROWD


def groups_of(pairs: Mapping[Pair, object]) -> dict[int, int]:
    """record → the lowest id among those that hang together with it."""
    above: dict[int, int] = {}

    def lowest(pk: int) -> int:
        while above.setdefault(pk, pk) != pk:
            above[pk] = pk = above[above[pk]]
        return pk

    for low, high in pairs:
        one, other = sorted((lowest(low), lowest(high)))
        above[other] = one
    return {pk: lowest(pk) for pk in above}


def _store(source: Source, found: Check) -> None:
    """Write the pairs beside those of the last check, which show until this one is complete."""
    session, kind = db.session(), source.kind
    run = (session.scalar(select(CHECKS.c.run).where(CHECKS.c.kind == kind)) or 0) + 1
    session.rollback()
    ours, groups = (PAIRS.c.kind == kind), groups_of(found.pairs)
    with transaction():  # what a check left that was cut off
        session.execute(delete(PAIRS).where(ours, PAIRS.c.run >= run))
    for part in batches(sorted(found.pairs.items()), WRITTEN):
        rows = [
            {
                "kind": kind,
                "run": run,
                "low_id": low,
                "high_id": high,
                "score": score,
                "fingerprint": number,
                "group_id": groups[low],
            }
            for (low, high), (score, number) in part
        ]
        with transaction():
            session.execute(insert(PAIRS), rows)
        let_others_write()
    values = {"run": run, "checked_at": utcnow(), "asked_at": None, "crowded": found.crowded}
    with transaction():
        note(session, source, **values)
    with transaction():
        session.execute(delete(PAIRS).where(ours, PAIRS.c.run < run))


def note(session: Session, source: Source, **values: object) -> None:
    """Change the row that says how the check of a table stands."""
    changed = session.execute(update(CHECKS).where(CHECKS.c.kind == source.kind).values(**values))
    if not changed.rowcount:  # type: ignore[attr-defined]  # of an UPDATE
        session.execute(insert(CHECKS).values(kind=source.kind, **values))


@nightly("duplicates", hour=2)
def check_nightly() -> None:
    """Check every table."""
    _check_alone(SOURCES)


@every_minute("duplicates_asked")
def check_asked() -> None:
    """Check the tables for which somebody asked."""
    kinds = set(db.session.scalars(select(CHECKS.c.kind).where(CHECKS.c.asked_at.is_not(None))))
    db.session.rollback()
    if kinds:
        _check_alone([source for source in SOURCES if source.kind in kinds])


def _check_alone(sources: Sequence[Source]) -> None:
    """Check these tables, unless another worker does at this moment."""
    config = current_app.extensions["crm.config"]
    with exclusive(config, "duplicates", waits=False) as is_ours:
        for source in sources if is_ours else ():
            check(source)


def standing(source: Source) -> tuple[datetime | None, datetime | None, int]:
    """(when the last check ended, when one was asked for, how many keys it passed over)."""
    asked = select(CHECKS.c.checked_at, CHECKS.c.asked_at, CHECKS.c.crowded)
    row = db.session.execute(asked.where(CHECKS.c.kind == source.kind)).first()
    return (row.checked_at, row.asked_at, row.crowded) if row is not None else (None, None, 0)
