"""A cache for the duration of a transaction, for rows that each new record needs.

The session's identity map holds weak references only: an import would read the company again for
each line.
"""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from crm.core.db import db

T = TypeVar("T")
_KEY = "crm.remembered"


def cached(key: object, read: Callable[[], T]) -> T:
    """The result of `read`, called once per key in a transaction."""
    box: dict[object, T] = db.session().info.setdefault(_KEY, {})
    if key not in box:
        box[key] = read()
    return box[key]


def clear_cache() -> None:
    """Empty the cache after a change of what is in it."""
    db.session().info.pop(_KEY, None)


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:  # not at the end of a flush or a savepoint
        session.info.pop(_KEY, None)
