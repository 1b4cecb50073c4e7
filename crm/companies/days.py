"""The current day in a time zone."""

from datetime import date
from zoneinfo import ZoneInfo

from crm.core.actor import find_actor
from crm.core.types import utcnow


def today(time_zone: str | None = None) -> date:
    """The current day in `time_zone`, else in the actor's, else in UTC."""
    actor = find_actor()
    zone = time_zone or (actor.time_zone if actor else "UTC")
    return utcnow().astimezone(ZoneInfo(zone)).date()
