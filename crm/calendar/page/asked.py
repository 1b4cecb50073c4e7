"""What the address of the calendar says: view, day, people, types, agencies, colours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.calendar.models import EVENT_TYPES
from crm.companies.days import today
from crm.core.actor import current_actor
from crm.core.models.text import parse_number

VIEWS = ("day", "week", "month", "agenda")
COLORS = ("person", "type")
NOBODY = 0  # among people and agencies: events without one


@dataclass(frozen=True)
class Asked:
    """`types` and `agencies` are empty where all of them are ticked; `view` where none is named."""

    people: tuple[int, ...]
    types: tuple[str, ...] = ()
    agencies: tuple[int, ...] = ()
    view: str = ""
    day: date = date.min
    color: str = "person"


def read(args: Mapping[str, str]) -> Asked:
    """The address with what it leaves out filled in; what makes no sense counts as left out."""
    people = numbers(args.get("people", "")) if "people" in args else None
    return Asked(
        people=(current_actor().user_id,) if people is None else people,
        types=tuple(name for name in args.get("types", "").split(",") if name in EVENT_TYPES),
        agencies=numbers(args.get("agencies", "")),
        view=_one_of(VIEWS, args.get("view"), ""),
        day=read_day(args.get("date", "")) or today(),
        color=_one_of(COLORS, args.get("color"), "person"),
    )


def numbers(text: str) -> tuple[int, ...]:
    """The ids in "3,17,42"; others are left out."""
    found = (parse_number(part) for part in text.split(","))
    return tuple(dict.fromkeys(one for one in found if one is not None))


def read_day(text: str) -> date | None:
    """A day as "2027-01-31"; None for anything else and for an implausible year."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1900 <= day.year <= 2200 else None


def _one_of(known: tuple[str, ...], text: Any, otherwise: str) -> str:
    return text if text in known else otherwise
