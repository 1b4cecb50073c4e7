"""In progress and won of accounts, by currency, read for all accounts at hand at once."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from crm.accounts.signals import amounts_asked
from crm.core.db import batches, db, per_transaction

Sums = Mapping[str, Mapping[str, Decimal]]  # kind of stage → currency → sum
NOTHING: Mapping[str, Any] = MappingProxyType({})
KEPT = 10_000  # accounts


def amounts_of(account: Any, kind: str) -> Mapping[str, Decimal]:
    """The sums of an account by currency, for the rows that the actor may see.

    The first account that is asked has those of all others of the session read with it, so that
    a page takes one statement.
    """
    if account.id not in _known():
        keys = db.session().identity_map.keys()
        read_amounts({account.id, *(pk for cls, (pk, *_), *_ in keys if cls is type(account))})
    return _known()[account.id].get(kind, NOTHING)


def read_amounts(ids: Iterable[int]) -> None:
    """Read the sums of these accounts, for `amounts_of`."""
    known = _known()
    if len(known) > KEPT:
        known.clear()
    for some in batches(sorted(set(ids) - known.keys())):
        known.update(dict.fromkeys(some, NOTHING))
        for _receiver, found in amounts_asked.send(ids=some):
            known.update(found)


def _known() -> dict[int, Sums]:
    return per_transaction("amounts of accounts", dict)
