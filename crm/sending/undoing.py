"""A sending of a catalogue that is undone while its mails wait."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from crm.catalog.models import Catalog
from crm.core.actor import current_actor
from crm.core.db import batches, db, transaction
from crm.core.rows import criteria
from crm.mail import services
from crm.mail.models import Message, MessageState
from crm.sending.catalogs import AT_ONCE


def sent_with(catalog: Catalog, token: str) -> Sequence[Message]:
    """The mails of one sending of the actor's, which `token` names."""
    if not token:
        return []
    cause = f"letter:{current_actor().user_id}:{catalog.id}:{token}:"
    of_it = (Message.catalog_id == catalog.id, Message.cause.startswith(cause, autoescape=True))
    statement = select(Message).where(*of_it, criteria(Message, "edit")).order_by(Message.id)
    return db.session.scalars(statement).unique().all()


def take_back(mails: Sequence[Message]) -> int:
    """Cancel those that have not left. Returns how many these were."""
    count = 0
    for batch in batches(mails, AT_ONCE):
        with transaction():
            for one in batch:
                if not services.refusal(one, MessageState.CANCELLED):
                    services.cancel(one)
                    count += 1
    return count


def people_of(mails: Sequence[Message]) -> Mapping[str, list[Any]]:
    """The recipients of the cancelled ones, by the fields of the form."""
    found: dict[str, dict[int, Any]] = {"contact": {}, "lead": {}}
    for one in mails:
        for name, rows in found.items():
            row = getattr(one, name) if one.state == MessageState.CANCELLED else None
            if row is not None:
                rows[row.id] = row
    return {name: list(rows.values()) for name, rows in found.items()}
