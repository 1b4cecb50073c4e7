"""Remembers for each person what they ticked: an address without it opens as they left it."""

from collections.abc import Mapping

from sqlalchemy import delete, select

from crm.calendar.models import CalendarChoice
from crm.core.actor import current_actor
from crm.core.db import db

TICKED = ("people", "types", "agencies", "color")
LONGEST = 2000  # characters of a list of ids


def with_remembered(args: Mapping[str, str]) -> dict[str, str]:
    """The address, with what is remembered where it says nothing of what is ticked."""
    given = dict(args.items())
    if any(name in given for name in TICKED):
        return given
    return {**(db.session.scalar(select(CalendarChoice.shown)) or {}), **given}


def remember(args: Mapping[str, str]) -> None:
    """Remember what the actor ticked."""
    user_id = current_actor().user_id
    shown = {name: args[name][:LONGEST] for name in TICKED if name in args}
    db.session.execute(delete(CalendarChoice).where(CalendarChoice.user_id == user_id))
    db.session.add(CalendarChoice(user_id=user_id, shown=shown))
