"""Doubles of the lines of an import among the records that the actor may read."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, inspect, select

from crm.core.db import batches, db
from crm.core.transfer.doubles import Double, FindDoubles
from crm.core.transfer.drafts import Draft
from crm.duplicates.checking import CROWD
from crm.duplicates.finding import ignored_domains
from crm.duplicates.keys import KeyKind, first_of, keys_of
from crm.duplicates.likeness import LISTED, Likeness, compare
from crm.duplicates.profile import Profile, profile_of
from crm.duplicates.sources import SOURCES, Source
from crm.duplicates.words import tags_of

Found = dict[int, tuple[int, Likeness]]  # number of a line → a record and how alike they are


def finder_of(model: type[Any]) -> FindDoubles | None:
    """The search for doubles of new records of `model`; None where they are not compared."""
    source = next((one for one in SOURCES if one.model is model), None)
    if source is None:
        return None

    def find(lines: Mapping[int, Sequence[Draft]]) -> Mapping[int, Double]:
        return _find(source, lines)

    return find


def _find(source: Source, lines: Mapping[int, Sequence[Draft]]) -> dict[int, Double]:
    profiles = {
        number: profile_of(source.of_values(_values(drafts))) for number, drafts in lines.items()
    }
    found = _best(source, profiles)
    ids = sorted({pk for pk, _likeness in found.values()})
    rows = {}
    for part in batches(ids):
        asked = select(source.model).where(source.model.id.in_(part))
        rows.update({row.id: row for row in db.session.scalars(asked).unique()})
    return {
        number: Double(rows[pk], ", ".join(tag.text for tag in tags_of(one.reasons, one.against)))
        for number, (pk, one) in found.items()
        if pk in rows
    }


def _best(source: Source, profiles: Mapping[int, Profile]) -> Found:
    """The likeliest record of each line, if one looks the same."""
    ignored = ignored_domains()
    first = first_of(KeyKind.NEAR_NAME)
    keys = {
        number: [key for key in keys_of(profile, ignored) if key >= first]
        for number, profile in profiles.items()
    }
    holders = _holders(source, {key for some in keys.values() for key in some})
    known = source.profiles(db.session(), {pk for some in holders.values() for pk in some})
    found: Found = {}
    for number, profile in profiles.items():
        near = {pk for key in keys[number] for pk in holders.get(key, ()) if pk in known}
        likes = [(compare(profile, known[pk], ignored), -pk) for pk in near]
        likes = [one for one in likes if one[0].score >= LISTED]
        if likes:
            best, minus = max(likes, key=lambda one: (one[0].score, one[1]))
            found[number] = -minus, best
    return found


def _holders(source: Source, keys: set[int]) -> dict[int, list[int]]:
    """key → the records that have it and that the actor reads, unless they are a crowd."""
    model, key = source.model, source.keys.c.key
    found: dict[int, list[int]] = {}
    for part in batches(sorted(keys)):
        counted = select(key).where(key.in_(part)).group_by(key).having(func.count() <= CROWD)
        few = list(db.session.scalars(counted))
        asked = select(model.id, key).join(source.keys, source.pk == model.id)
        for pk, one in db.session.execute(asked.where(key.in_(few))) if few else ():
            found.setdefault(one, []).append(pk)
    return found


def _values(drafts: Sequence[Draft]) -> dict[str, Any]:
    """The new record of a line and its lines, by field, as a form has them."""
    first, *others = drafts
    values = {**first.values, "company_id": first.company_id}
    for relation in inspect(first.model).relationships:
        if relation.uselist:
            target = relation.mapper.class_
            values[relation.key] = [one.values for one in others if one.model is target]
    return values
