"""The private times of others below the list of events: a part apart, which has no links.

As rows of the list they would need keys to page by, and every count, selection and action an
exception.
"""

from dataclasses import dataclass, field
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

from crm.calendar.busy import BusyTime, beside_list
from crm.calendar.display import PRIVATE, format_when
from crm.calendar.models.event import Event
from crm.core.db import db
from crm.core.views import Field
from crm.core.views.address import ListAddress
from crm.core.views.display import person
from crm.core.views.filterbar import FilterBar
from crm.core.views.pages import ListPage


@dataclass
class BusyLine:
    """Busy or available, when, and whose time it is."""

    word: Field
    when: str
    owner: Field


@dataclass
class EventList(ListPage):
    """The list of events; `busy` are the times of others' private events."""

    busy: list[BusyLine] = field(default_factory=list)


def busy_lines(view: FilterBar, address: ListAddress) -> list[BusyLine]:
    """The times beside the first page of this list; none where it is about more than them."""
    is_first = not (address.search or address.after or address.before or address.last)
    if not is_first or address.page or address.unknown:
        return []
    query = view.query(address)
    known = {one.name: one.where for one in query.conditions}
    if query.wrong or len(known) < len(query.conditions):
        return []
    times = beside_list(known, view.order(address))
    people = _people({one.owner_id for one in times})
    return [BusyLine(_word(one), _when(one), person(people[one.owner_id])) for one in times]


def _people(keys: set[int]) -> dict[int, Any]:
    if not keys:
        return {}
    return {one.id: one for one in db.session.scalars(select(User).where(User.id.in_(keys)))}


def _word(one: BusyTime) -> Field:
    return Field("availability", "", "next", None, one.words, icon=PRIVATE)


def _when(one: BusyTime) -> str:
    names = ("starts_at", "ends_at", "all_day", "time_zone")
    return format_when(Event(**{name: getattr(one, name) for name in names}))
