"""Tells the new owner of a record, whatever made them its owner: form, bulk, API or import.

A flush notes who was given what; the end of the transaction tells it, in one notice for all the
records of one sort.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import event, inspect
from sqlalchemy.orm import PassiveFlag, Session, SessionTransaction

from crm.core.actor import find_actor
from crm.core.datamodel.relinking import relinked
from crm.core.db import ACT, db
from crm.core.models import Owned
from crm.core.transfer.runs import WRITING
from crm.notices.kinds import ASSIGNED, subject_of
from crm.notices.services import News, tell

PENDING = "crm.assigned"
OF_IMPORT = f"{ASSIGNED}:import-"  # how the causes of imports begin


@dataclass(frozen=True)
class Group:
    """The records of one sort that one person was given by another, in one act."""

    owner_id: int
    actor_id: int
    subject: str
    import_id: int | None


@dataclass(frozen=True)
class Given:
    """A record that somebody was given."""

    group: Group
    company_id: int


Pending = dict[tuple[str, int], Given]  # (table, id) → who has it now


def install(session: Any) -> None:
    """Note who is given what by every flush of this session."""
    event.listen(session, "after_flush", _note)
    event.listen(session, "after_transaction_end", _forget)


def _note(session: Session, context: Any) -> None:
    actor = find_actor()
    if actor is None:
        return
    for row in (*session.new, *session.dirty):
        if isinstance(row, Owned) and _is_given(row):
            _note_row(session, type(row), row, row.owner_id, actor.user_id)


def _is_given(row: Any) -> bool:
    state = inspect(row)
    if "owner_id" not in state.committed_state:
        return False
    return bool(state.get_history("owner_id", PassiveFlag.PASSIVE_NO_INITIALIZE).added)


@relinked.connect
def _note_relinked(model: type[Any], *, key: str, to: int | None, rows: Any) -> None:
    """As for a flush, of what one statement assigned."""
    actor = find_actor()
    if actor is not None and key == "owner_id" and issubclass(model, Owned):
        for row in rows:
            _note_row(db.session(), model, row, to, actor.user_id)


def _note_row(
    session: Session, model: type[Any], row: Any, owner_id: int | None, actor_id: int
) -> None:
    pending: Pending = session.info.setdefault(PENDING, {})
    table = str(model.__tablename__)
    pending.pop((table, row.id), None)
    if owner_id not in (None, actor_id):
        group = Group(owner_id, actor_id, subject_of(table, row), session.info.get(WRITING))
        pending[table, row.id] = Given(group, row.company_id)


def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(PENDING, None)


def tell_owners(session: Session) -> None:
    """Called by `transaction()` before it commits."""
    pending: Pending = session.info.pop(PENDING, {})
    groups: dict[Group, list[tuple[str, int]]] = defaultdict(list)
    companies: dict[Group, set[int]] = defaultdict(set)
    for key, given in pending.items():
        groups[given.group].append(key)
        companies[given.group].add(given.company_id)
    act = session.info.setdefault(ACT, uuid4().hex)
    tell(_news(group, keys, companies[group], act) for group, keys in groups.items())


def _news(group: Group, keys: list[tuple[str, int]], companies: set[int], act: str) -> News:
    cause = f"{ASSIGNED}:{act}" if group.import_id is None else f"{OF_IMPORT}{group.import_id}"
    return News(
        group.owner_id,
        ASSIGNED,
        f"{cause}:{group.subject}",
        group.subject,
        about=keys[0] if len(keys) == 1 else None,
        number=len(keys),
        actor_id=group.actor_id,
        company_id=next(iter(companies)) if len(companies) == 1 else None,
        grows=group.import_id is not None,
    )
