"""What a guest is to be told: what was told, compared with what is. Source: spec 9.3."""

import json
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from crm.calendar.invitations.meeting import is_ahead, is_done_early
from crm.calendar.models import Event, Told


class News(StrEnum):
    """What a guest is told."""

    INVITED = "invited"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"


def facts_of(events: Sequence[Event]) -> str:
    """A hash of what a guest is told again when it changes: when and where; "" for nothing ahead.

    What is over counts too, so that it does not change while time passes, nor by marking as done
    what has not ended.
    """
    if not any(is_ahead(one) or is_done_early(one) for one in events):
        return ""
    facts = [
        (
            one.starts_at.isoformat(),
            one.ends_at.isoformat(),
            one.all_day,
            one.time_zone,
            one.location,
        )
        for one in events
    ]
    return sha256(json.dumps(facts).encode()).hexdigest()


def news_for(
    told: Told | None, told_facts: str, told_until: datetime | None, facts: str, now: datetime
) -> News | None:
    """What to tell; None for nothing.

    `told` is None where nothing was; `facts` are "" where the guest is no longer one, or the event
    is off. Nobody is told of what is over.
    """
    if not facts:
        is_ahead = told_until is not None and told_until > now
        return News.WITHDRAWN if told is Told.INVITED and is_ahead else None
    if told is Told.INVITED:
        return News.CHANGED if facts != told_facts else None
    return News.INVITED if told is not Told.SKIPPED or facts != told_facts else None
