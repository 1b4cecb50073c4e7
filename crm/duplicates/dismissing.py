"""Pairs that somebody looked at and that are no duplicates, until one of the two changes."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, insert, select, tuple_

from crm.core.db import batches, db
from crm.core.models.tables import acting_user_id
from crm.core.types import utcnow
from crm.duplicates.keys import fingerprint
from crm.duplicates.models import DISMISSALS
from crm.duplicates.sources import Source

Pair = tuple[int, int]  # two ids, the lower one first


def ordered(one: int, other: int) -> Pair:
    return (one, other) if one < other else (other, one)


def _these(source: Source, pairs: Iterable[Pair]) -> Any:
    ids = tuple_(DISMISSALS.c.low_id, DISMISSALS.c.high_id).in_(list(pairs))
    return (DISMISSALS.c.kind == source.kind) & ids


def dismissed(source: Source, pairs: Iterable[Pair]) -> dict[Pair, int]:
    """Those of `pairs` that were dismissed → as what they were compared then: one statement."""
    found: dict[Pair, int] = {}
    for part in batches(pairs, 200):
        table = DISMISSALS.c
        asked = select(table.low_id, table.high_id, table.fingerprint)
        rows = db.session.execute(asked.where(_these(source, part)))
        found |= {(row.low_id, row.high_id): row.fingerprint for row in rows}
    return found


def dismiss(source: Source, pairs: Iterable[Pair]) -> int:
    """Note that these are no duplicates, as they are now. Returns their number."""
    session, pairs = db.session(), list(pairs)
    profiles = source.profiles(session, {pk for pair in pairs for pk in pair})
    known = [pair for pair in pairs if pair[0] in profiles and pair[1] in profiles]
    examine(source, known)
    noted = {"dismissed_on": utcnow(), "dismissed_by_id": acting_user_id()}
    rows = [
        {
            "kind": source.kind,
            "low_id": low,
            "high_id": high,
            "fingerprint": fingerprint(profiles[low], profiles[high]),
            **noted,
        }
        for low, high in known
    ]
    if rows:
        session.execute(insert(DISMISSALS), rows)
    return len(rows)


def examine(source: Source, pairs: Iterable[Pair]) -> None:
    """Take a dismissal back."""
    for part in batches(pairs, 200):
        db.session.execute(delete(DISMISSALS).where(_these(source, part)))
