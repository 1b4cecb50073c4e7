"""Keeps "Last event" and "Next event" of the records that events relate to (spec 4.1, 5.2).

Private events leave no trace there: the dates are the same for every reader.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, inspect, select, update

from crm.accounts.models import Account, Contact
from crm.calendar.models import Event, EventStatus, Visibility
from crm.core.db import db
from crm.core.rows import unfiltered
from crm.core.types import utcnow
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity

# Relation of an event → the table that keeps the dates.
KEEPERS: dict[str, type[Any]] = {
    "lead": Lead,
    "account": Account,
    "contact": Contact,
    "opportunity": Opportunity,
}

RelatedKeys = frozenset[tuple[str, int]]  # relation, key


def related_keys(event: Event) -> RelatedKeys:
    """The records that an event relates to now."""
    keys = ((relation, _key(event, relation)) for relation in KEEPERS)
    return frozenset((relation, key) for relation, key in keys if key is not None)


def _key(event: Event, relation: str) -> int | None:
    """The id of the related record, also where an import has not set the foreign key yet."""
    linked: Any = inspect(event).dict.get(relation)
    key: int | None = linked.id if linked is not None else getattr(event, f"{relation}_id")
    return key


def update_event_dates(records: Iterable[tuple[str, int]]) -> None:
    """Recompute both dates of these records.

    By a statement: the records were not edited, so their version, journal and "Changed on" stay,
    and planning an event does not need the right to edit the record.
    """
    with unfiltered("the dates count every public event, whoever reads the record"):
        for relation, key in sorted(records):
            _follow(relation, key)


def _follow(relation: str, key: int) -> None:
    model = KEEPERS[relation]
    mine = (
        getattr(Event, f"{relation}_id") == key,
        Event.deleted_at.is_(None),
        Event.visibility == Visibility.PUBLIC,
    )
    planned = select(func.min(Event.starts_at)).where(*mine, Event.status == EventStatus.PLANNED)
    begun = select(func.max(Event.starts_at)).where(
        *mine, Event.status != EventStatus.CANCELLED, Event.starts_at <= utcnow()
    )
    statement = (
        update(model)
        .where(model.id == key)
        .values(
            next_event_at=planned.scalar_subquery(),
            last_event_at=begun.scalar_subquery(),
            changed_on=model.changed_on,
            changed_by_id=model.changed_by_id,
        )
    )
    session = db.session()
    session.execute(statement, execution_options={"synchronize_session": False})
    kept = session.identity_map.get(session.identity_key(model, key))
    if kept is not None:
        session.expire(kept, ["next_event_at", "last_event_at"])
