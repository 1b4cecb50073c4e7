"""Rows that every new record of a transaction asks for again: read once, held until it ends.

The session's own memory is weak: in an import of thousands of lines it would forget the company
between two of them.
"""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from crm.core.db import db

T = TypeVar("T")
_KEY = "crm.remembered"


def cached(key: object, read: Callable[[], T]) -> T:
    """What `read` answers, asked once in a transaction."""
    box: dict[object, T] = db.session().info.setdefault(_KEY, {})
    if key not in box:
        box[key] = read()
    return box[key]


def clear_cache() -> None:
    """Ask again: what was read has just been changed."""
    db.session().info.pop(_KEY, None)


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:  # a flush, and a batch of an import, are within another
        session.info.pop(_KEY, None)
