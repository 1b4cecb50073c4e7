"""Who is to be told of an event: its guests, by the address at which they are told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_appbuilder.security.sqla.models import User

from crm.accounts.models import Contact
from crm.calendar.invitations.meeting import Meeting, takes_place
from crm.calendar.models import Answer, Event, Invitation, Participant, Role
from crm.leads.models import Lead

RELATIONS = {User: "user", Contact: "contact", Lead: "lead"}


@dataclass(frozen=True)
class Guest:
    """A guest as a mail needs it. `row` is the user, contact or lead; None for an address."""

    key: str
    address: str
    name: str
    language: str
    zone: str
    role: Role = Role.REQUIRED
    answer: Answer = Answer.WAITING
    row: Any = None
    relation: str = ""
    events: Sequence[Event] = ()  # in which they take part, in order

    @property
    def refuses(self) -> bool:
        return bool(getattr(self.row, "do_not_email", False))


def guests_of(meeting: Meeting) -> dict[str, Guest]:
    """key → guest; an address that is there twice is one guest, and the organiser is none."""
    found: dict[str, Guest] = {}
    for event in meeting.events:
        if not takes_place(event):
            continue
        here: dict[str, Guest] = {}
        for one in event.participants:
            if _is_reached(event, one):
                guest = guest_in(event, one)
                here.setdefault(guest.key, guest)
        for key, guest in here.items():
            known = found.get(key, guest)
            found[key] = replace(known, events=(*known.events, event))
    return found


def guest_in(event: Event, one: Participant) -> Guest:
    return _guest(event, one.person, one.email or "", one.role, one.answer)


def _is_reached(event: Event, one: Participant) -> bool:
    """Not somebody who has left, or whose record is in the bin."""
    if one.user is not None:
        return one.user_id != event.owner_id and one.user.active
    return getattr(one.person, "deleted_at", None) is None


def former(meeting: Meeting, before: Invitation) -> Guest:
    """Somebody who is a guest no more, as they were told last."""
    person = before.user or before.contact or before.lead
    guest = _guest(meeting.events[0], person, before.key)
    address = before.key if "@" in before.key else ""
    return replace(guest, key=before.key, address=address, events=meeting.events)


def _guest(
    event: Event,
    row: Any,
    email: str,
    role: Role = Role.REQUIRED,
    answer: Answer = Answer.WAITING,
) -> Guest:
    relation = RELATIONS.get(type(row), "")
    address = (row.email or "" if row is not None else email).lower()
    return Guest(
        address or f"{relation}:{row.id}",
        address,
        str(row or ""),
        language_of(row, event),
        getattr(row, "time_zone", None) or event.time_zone,
        role,
        answer,
        row,
        relation,
    )


def language_of(row: Any, event: Event) -> str:
    """A guest's own, else that of the account for which a contact works, else the company's."""
    link = getattr(row, "main_link", None)
    account = link.account if link is not None else None
    found = getattr(row, "language", None) or getattr(account, "language", None)
    return str(found or event.company.language)
