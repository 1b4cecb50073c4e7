"""What looks the same as one record or as what is typed into a form: `likely`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session, joinedload

from crm.companies.settings import setting
from crm.core.db import db
from crm.duplicates.facts import Facts
from crm.duplicates.keys import keys_of
from crm.duplicates.likeness import LISTED, Against, Likeness, Reason, compare
from crm.duplicates.profile import Profile, profile_of
from crm.duplicates.sources import Source, source_of

# Records read of those that share one key: more share the number of a switchboard, or a name that
# many have, and another key tells them apart.
MOST = 60


@dataclass(frozen=True)
class Match:
    """A record that may be the one asked about. `score` is 0 to 99, the strongest reason first."""

    row: Any
    score: int
    reasons: tuple[Reason, ...]
    against: tuple[Against, ...]


def ignored_domains() -> frozenset[str]:
    """The e-mail domains of the setting, under which people have nothing in common."""
    return frozenset((setting("ignored_email_domains") or "").split())


def likely(
    model: type[Any],
    facts: Facts | None,
    limit: int = 5,
    *,
    least: int = LISTED,
    but: Iterable[int] = (),
) -> list[Match]:
    """The records of `model` that the actor may read and that look like `facts`, likeliest first.

    `facts` may come from another table: those of a lead find its account. `but` are ids to leave
    out, the record's own among them. Rows have their owner and agency. Four statements at the
    most, however many records there are.
    """
    if facts is None:
        return []
    session, source, ignored = db.session(), source_of(model), ignored_domains()
    profile = profile_of(facts)
    ids = _candidates(session, source, keys_of(profile, ignored)) - set(but)
    found = _compared(session, source, profile, ids, ignored)
    best = sorted((-one.score, pk) for pk, one in found.items() if one.score >= least)[:limit]
    rows = _rows(session, model, [pk for _score, pk in best])
    return [
        Match(rows[pk], found[pk].score, found[pk].reasons, found[pk].against)
        for _score, pk in best
        if pk in rows
    ]


def facts_of(row: Any) -> Facts | None:
    """The facts of a stored record; None where it is in the bin."""
    return source_of(type(row)).read(db.session(), [row.id]).get(row.id)


def likely_of(row: Any, limit: int = 5, *, least: int = LISTED) -> list[Match]:
    """As `likely`, of a stored record among those of its own table."""
    return likely(type(row), facts_of(row), limit, least=least, but=[row.id])


def likely_values(
    model: type[Any], values: Mapping[str, Any], limit: int = 5, *, but: Iterable[int] = ()
) -> list[Match]:
    """As `likely`, of what a form has, by field: typed and not saved yet."""
    return likely(model, source_of(model).of_values(values), limit, but=but)


def _candidates(session: Session, source: Source, keys: set[int]) -> set[int]:
    """The ids of records that share a key and that the actor may read, the first of each key."""
    if not keys:
        return set()
    model, table = source.model, source.keys
    asked = [
        select(model.id)
        .join(table, source.pk == model.id)
        .where(table.c.key == key)
        .order_by(source.pk)
        .limit(MOST)
        .subquery()
        for key in sorted(keys)
    ]
    return set(session.scalars(union_all(*(select(one.c.id) for one in asked))))


def _compared(
    session: Session, source: Source, profile: Profile, ids: set[int], ignored: frozenset[str]
) -> dict[int, Likeness]:
    read = source.read(session, sorted(ids)) if ids else {}
    return {pk: compare(profile, profile_of(one), ignored) for pk, one in read.items()}


def _rows(session: Session, model: type[Any], ids: list[int]) -> dict[int, Any]:
    if not ids:
        return {}
    shown = joinedload(model.owner), joinedload(model.agency)
    asked = select(model).where(model.id.in_(ids)).options(*shown)
    return {row.id: row for row in session.scalars(asked).unique()}
