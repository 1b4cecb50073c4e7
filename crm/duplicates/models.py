"""The keys of leads, accounts and contacts, one table for each, kept by `keeping`."""

from flask_appbuilder import Model
from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table


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
