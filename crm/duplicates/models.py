"""The keys of leads, accounts and contacts, one table for each, and what a check found.

The tables of pairs have no foreign keys to records: a merge has nothing to move, and a pair counts
only while both of its records are there and as they were (`fingerprint`).
"""

from typing import Any

from flask_appbuilder import Model
from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table

from crm.core.types import Instant


def _keys_of(name: str) -> Table:
    """The table of keys of the records of `name`; without rowid, a row is its two indexes."""
    pk = f"{name}_id"
    return Table(
        f"{name}_match_key",
        Model.metadata,
        Column(pk, ForeignKey(f"{name}.id", ondelete="CASCADE"), primary_key=True),
        Column("key", BigInteger, primary_key=True),
        Index(f"ix_{name}_match_key_key", "key", pk),
        sqlite_with_rowid=False,
    )


LEAD_KEYS = _keys_of("lead")
ACCOUNT_KEYS = _keys_of("account")
CONTACT_KEYS = _keys_of("contact")


def _pair() -> tuple[Column[Any], ...]:
    """The table of two records and their ids, the lower one first."""
    return (
        Column("kind", String(20), primary_key=True),
        Column("low_id", Integer, primary_key=True, autoincrement=False),
        Column("high_id", Integer, primary_key=True, autoincrement=False),
    )


# What the last check found. One that is under way writes with its own number, and shows at its end.
PAIRS = Table(
    "duplicate_pair",
    Model.metadata,
    *_pair(),
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("score", Integer, nullable=False),
    Column("group_id", Integer, nullable=False),  # the lowest id among those that hang together
    Column("fingerprint", BigInteger, nullable=False),
    Index("ix_duplicate_pair_group_id", "kind", "run", "group_id"),
)
# Pairs that somebody looked at: no duplicates, until one of the two changes.
DISMISSALS = Table(
    "duplicate_dismissal",
    Model.metadata,
    *_pair(),
    Column("fingerprint", BigInteger, nullable=False),
    Column("dismissed_on", Instant, nullable=False),
    Column("dismissed_by_id", ForeignKey("ab_user.id")),
)
# When the records of a table were last checked, and whether somebody asked for it.
CHECKS = Table(
    "duplicate_check",
    Model.metadata,
    Column("kind", String(20), primary_key=True),
    Column("run", Integer, nullable=False, server_default="0"),
    Column("asked_at", Instant),
    Column("checked_at", Instant),
    Column("crowded", Integer, nullable=False, server_default="0"),  # values that too many share
)
