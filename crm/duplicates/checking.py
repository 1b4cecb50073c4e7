"""Find all pairs of records that look the same, by the keys that they share.

Records are compared only where they share a key, each pair once. A value that very many records
share, such as the telephone of a switchboard, says nothing of any two of them: it is passed over
and counted, and they are found by their other keys.

Memory does not grow with the records: the keys are read in their order, the pairs to compare are
sorted on disk, and compared so many at a time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations, groupby

from flask import current_app
from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.orm import Session

from crm.core.db import batches, db, let_others_write, transaction
from crm.core.jobs import every_minute, nightly
from crm.core.locks import exclusive
from crm.core.types import utcnow
from crm.duplicates.dismissing import Pair
from crm.duplicates.finding import ignored_domains
from crm.duplicates.groups import Groups
from crm.duplicates.keys import KeyKind, fingerprint, first_of, kind_of
from crm.duplicates.likeness import LISTED, compare
from crm.duplicates.models import CHECKS, PAIRS
from crm.duplicates.numbers import Numbers, SortedNumbers
from crm.duplicates.profile import Profile
from crm.duplicates.sources import SOURCES, Source

# Records that may share a key for it to be followed. A word of a name at a place says less.
CROWD = 40
WORD_CROWD = 12
AT_ONCE = 2_000  # keys
COMPARED = 5_000  # pairs at a time: of each record, and of the pairs before, one profile is kept
WRITTEN = 500  # pairs in a transaction
IDS = 32  # bits of an id


class Found:
    """The pairs that look the same, by id, with their score and fingerprint; kept on disk."""

    def __init__(self) -> None:
        self._numbers = Numbers()
        self.groups = Groups()

    def __len__(self) -> int:
        return len(self._numbers) // 4

    def __iter__(self) -> Iterator[tuple[Pair, int, int]]:
        numbers = self._numbers.read()
        for low, high, score, number in zip(numbers, numbers, numbers, numbers, strict=True):
            yield (low, high), score, number

    def add(self, pair: Pair, score: int, number: int) -> None:
        self._numbers.write((*pair, score, number))
        self.groups.join(*pair)


@dataclass
class Check:
    """What a check of one table found."""

    pairs: Found = field(default_factory=Found)
    compared: int = 0
    crowded: int = 0  # numbers and addresses passed over, not names


def check(source: Source) -> Check:
    """Check every record of a table, whoever may see it, and store what was found."""
    found = find_pairs(db.session(), source)
    _store(source, found.pairs, found.crowded)
    return found


def find_pairs(session: Session, source: Source) -> Check:
    """All pairs of records that look the same. No snapshot of the database is kept for minutes."""
    found, ignored = Check(), ignored_domains()
    candidates = _candidates(session, source, found)
    profiles: dict[int, Profile] = {}
    for part in batches(map(_pair, candidates), COMPARED):
        profiles = _profiles(session, source, {pk for pair in part for pk in pair}, profiles)
        session.rollback()
        for low, high in part:
            if low in profiles and high in profiles:
                one, other = profiles[low], profiles[high]
                found.compared += 1
                score = compare(one, other, ignored).score
                if score >= LISTED:
                    found.pairs.add((low, high), score, fingerprint(one, other))
    return found


def _pair(number: int) -> Pair:
    return divmod(number, 1 << IDS)


def _candidates(session: Session, source: Source, found: Check) -> SortedNumbers:
    """The pairs that share a key, each as one number: those of a record follow each other."""
    candidates = SortedNumbers()
    for keys in _shared_keys(session, source, found):
        for members in _members(session, source, keys):
            for low, high in combinations(members, 2):
                candidates.add(low << IDS | high)
        session.rollback()
    return candidates


def _shared_keys(session: Session, source: Source, found: Check) -> Iterator[list[int]]:
    """The keys that some records share, but not too many, so many at a time."""
    key, last = source.keys.c.key, first_of(KeyKind.NEAR_NAME) - 1
    while True:
        asked = select(key, func.count()).where(key > last).group_by(key)
        asked = asked.having(func.count() > 1).order_by(key).limit(AT_ONCE)
        crowds = session.execute(asked).all()
        if not crowds:
            return
        last = crowds[-1][0]
        few = [one for one, count in crowds if count <= _most(one)]
        many = {one for one, _count in crowds}.difference(few)
        found.crowded += sum(kind_of(one) >= KeyKind.PHONE for one in many)
        yield from batches(few)


def _members(session: Session, source: Source, keys: list[int]) -> Iterator[list[int]]:
    """The records of each of these keys, in the order of their ids."""
    table, pk = source.keys, source.pk
    asked = select(table.c.key, pk).where(table.c.key.in_(keys)).order_by(table.c.key, pk)
    for _key, rows in groupby(session.execute(asked), lambda row: row[0]):
        yield [row[1] for row in rows]


def _profiles(
    session: Session, source: Source, ids: set[int], known: dict[int, Profile]
) -> dict[int, Profile]:
    """The profiles of these records, without those in the bin; `known` ones are not read again."""
    profiles = {pk: known[pk] for pk in ids & known.keys()}
    return profiles | source.profiles(session, ids - known.keys())


def _most(key: int) -> int:
    return WORD_CROWD if kind_of(key) is KeyKind.NEAR_NAME else CROWD


def _store(source: Source, pairs: Found, crowded: int) -> None:
    """Write the pairs beside those of the last check, which show until this one is complete."""
    session, kind = db.session(), source.kind
    run = (session.scalar(select(CHECKS.c.run).where(CHECKS.c.kind == kind)) or 0) + 1
    session.rollback()
    _forget(session, kind, PAIRS.c.run >= run)  # what a check left that was cut off
    for part in batches(pairs, WRITTEN):
        rows = [
            {
                "kind": kind,
                "run": run,
                "low_id": low,
                "high_id": high,
                "score": score,
                "fingerprint": number,
                "group_id": pairs.groups.lowest(low),
            }
            for (low, high), score, number in part
        ]
        with transaction():
            session.execute(insert(PAIRS), rows)
        let_others_write()
    values = {"run": run, "checked_at": utcnow(), "asked_at": None, "crowded": crowded}
    with transaction():
        note(session, source, **values)
    _forget(session, kind, PAIRS.c.run < run)


def _forget(session: Session, kind: str, is_old: ColumnElement[bool]) -> None:
    """Delete these pairs, so many in a transaction."""
    low, last = PAIRS.c.low_id, 0
    while True:
        ours = (PAIRS.c.kind == kind, low > last, is_old)
        some = select(low).where(*ours).order_by(low).limit(WRITTEN).subquery()
        last = session.scalar(select(func.max(some.c.low_id)))
        session.rollback()
        if last is None:
            return
        with transaction():
            session.execute(delete(PAIRS).where(*ours, low <= last))
        let_others_write()


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
