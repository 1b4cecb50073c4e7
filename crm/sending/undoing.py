"""A sending of a catalogue that is taken back while its mails wait."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from crm.catalog.models import Catalog
from crm.core.actor import current_actor
from crm.core.db import db, transaction
from crm.core.rows import criteria
from crm.mail import services
from crm.mail.models import Message, MessageState
from crm.sending.catalogs import AT_ONCE


def sent_with(catalog: Catalog, token: str) -> Sequence[Message]:
    """The mails of one sending of the actor's, which `token` names."""
    cause = f"letter:{current_actor().user_id}:{catalog.id}:{token}:"
    of_it = (Message.catalog_id == catalog.id, Message.cause.startswith(cause, autoescape=True))
    statement = select(Message).where(*of_it, criteria(Message, "edit")).order_by(Message.id)
    return db.session.scalars(statement).unique().all()


def take_back(mails: Sequence[Message]) -> int:
    """Cancel what has not left. How many that were."""
    count = 0
    for first in range(0, len(mails), AT_ONCE):
        with transaction():
            for one in mails[first : first + AT_ONCE]:
                if not services.refusal(one, MessageState.CANCELLED):
                    services.cancel(one)
                    count += 1
    return count


def people_of(mails: Sequence[Message]) -> Mapping[str, list[Any]]:
    """Whom the cancelled ones were for, by the fields of the form."""
    found: dict[str, dict[int, Any]] = {"contact": {}, "lead": {}}
    for one in mails:
        for name, rows in found.items():
            row = getattr(one, name) if one.state == MessageState.CANCELLED else None
            if row is not None:
                rows[row.id] = row
    return {name: list(rows.values()) for name, rows in found.items()}
