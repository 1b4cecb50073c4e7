"""What looks the same as one record or as what is typed into a form: `likely`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session, joinedload

from crm.companies.settings import setting
from crm.core.db import db
from crm.duplicates.dismissing import dismissed, ordered
from crm.duplicates.facts import Facts
from crm.duplicates.keys import fingerprint, keys_of
from crm.duplicates.likeness import LISTED, Against, Reason, compare
from crm.duplicates.profile import Profile, profile_of
from crm.duplicates.sources import RowValues, Source, source_of

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
    profile: Profile = field(repr=False)


def ignored_domains() -> frozenset[str]:
    """The e-mail domains of the setting, under which people have nothing in common."""
    return frozenset((setting("ignored_email_domains") or "").split())


def likely(
    model: type[Any],
    facts: Facts,
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
    session, source, ignored = db.session(), source_of(model), ignored_domains()
    profile = profile_of(facts)
    ids = _candidates(session, source, keys_of(profile, ignored)) - set(but)
    profiles = source.profiles(session, ids)
    found = {pk: compare(profile, one, ignored) for pk, one in profiles.items()}
    best = sorted((-one.score, pk) for pk, one in found.items() if one.score >= least)[:limit]
    rows = _rows(session, model, [pk for _score, pk in best])
    return [
        Match(rows[pk], found[pk].score, found[pk].reasons, found[pk].against, profiles[pk])
        for _score, pk in best
        if pk in rows
    ]


def facts_of(row: Any) -> Facts:
    """The facts of a record that is loaded, lines included where they are."""
    return source_of(type(row)).of_values(RowValues(row))


def likely_of(row: Any, limit: int = 5, *, least: int = LISTED) -> list[Match]:
    """As `likely`, of a stored record among those of its own table that were not dismissed."""
    source, facts = source_of(type(row)), facts_of(row)
    found = likely(source.model, facts, limit, least=least, but=[row.id])
    noted = dismissed(source, (ordered(row.id, match.row.id) for match in found)) if found else {}
    if not noted:
        return found
    one = profile_of(facts)
    return [
        match
        for match in found
        if noted.get(ordered(row.id, match.row.id)) != fingerprint(one, match.profile)
    ]


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


def _rows(session: Session, model: type[Any], ids: list[int]) -> dict[int, Any]:
    if not ids:
        return {}
    shown = joinedload(model.owner), joinedload(model.agency)
    asked = select(model).where(model.id.in_(ids)).options(*shown)
    return {row.id: row for row in session.scalars(asked).unique()}
