"""The keys of every record, as they are stored and as they should be."""

from sqlalchemy import select

from crm.core.db import db
from crm.duplicates.keys import keys_of
from crm.duplicates.sources import Source


def stored(source: Source) -> dict[int, set[int]]:
    """record → its keys in the database."""
    found: dict[int, set[int]] = {}
    for pk, key in db.session.execute(select(source.pk, source.keys.c.key)):
        found.setdefault(pk, set()).add(key)
    return found


def wanted(source: Source) -> dict[int, set[int]]:
    """record → the keys that it ought to have."""
    ids = db.session.scalars(select(source.model.__table__.c.id)).all()
    profiles = source.profiles(db.session(), ids)
    return {pk: keys for pk, one in profiles.items() if (keys := keys_of(one))}
