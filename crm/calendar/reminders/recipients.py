"""Whom a reminder goes to, at the moment that it is sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

from crm.calendar.invitations.guest_list import language_of
from crm.calendar.models import Answer, Event, EventReminder, ReminderWhom, Visibility
from crm.companies.actors import load_actor
from crm.core.db import db
from crm.core.rows import criteria
from crm.mail.headers import is_deliverable
from crm.mail.models import SkipReason
from crm.mail.services import refusing


@dataclass(frozen=True)
class Recipient:
    """Somebody to be reminded: a user, or a guest without an account.

    `key` tells them apart within a reminder; `relation` and `pk` say whose address it is. `refusal`
    is why they get no mail.
    """

    key: str
    name: str
    address: str | None
    language: str
    zone: str
    user_id: int | None = None
    relation: str = ""
    pk: int | None = None
    refusal: SkipReason | None = None


def recipients_of(reminder: EventReminder) -> list[Recipient]:
    """Everyone once, by their address; to be called without the row filter."""
    event = reminder.event
    if reminder.recipients == ReminderWhom.ME:
        return list(_maker(reminder))
    found: dict[str, Recipient] = {}
    for one in _all(event, _refused(event)):
        found.setdefault((one.address or one.key).lower(), one)
    return list(found.values())


def _maker(reminder: EventReminder) -> Iterator[Recipient]:
    """Whoever made it, as long as they are active and read the event."""
    if reminder.user.active and may_read(reminder.user_id, reminder.event):
        yield _user(reminder.user)


def _all(event: Event, refused: set[str]) -> Iterator[Recipient]:
    """The owner and the guests, but for those who will not come."""
    if event.owner is not None and event.owner.active:
        yield _user(event.owner)
    for guest in event.participants:
        if guest.answer == Answer.NO:
            continue
        if guest.user is not None:
            if guest.user.active:
                yield _user(guest.user)
        else:
            yield _guest(guest, event, refused)


def _user(user: User) -> Recipient:
    return Recipient(
        f"u{user.id}", str(user), user.email, user.language, user.time_zone, user_id=user.id
    )


def _guest(guest: Any, event: Event, refused: set[str]) -> Recipient:
    """A contact, a lead or an address; their time zone is not known, so that the event's counts."""
    relation = "contact" if guest.contact_id else "lead" if guest.lead_id else ""
    person = getattr(guest, relation) if relation else None
    address = guest.email if person is None else person.email
    refuses = getattr(person, "do_not_email", False) or (address or "") in refused
    return Recipient(
        f"p{guest.id}",
        str(guest),
        address,
        language_of(person, event),
        event.time_zone,
        relation=relation,
        pk=person.id if person is not None else None,
        refusal=SkipReason.DO_NOT_EMAIL if refuses else None,
    )


def _refused(event: Event) -> set[str]:
    guests = [guest for guest in event.participants if guest.user_id is None]
    people = [guest.contact or guest.lead or guest for guest in guests]
    return refusing(event.company_id, [person.email for person in people])


def obstacle(recipient: Recipient) -> SkipReason | None:
    """Why this recipient gets no mail."""
    if recipient.refusal is not None:
        return recipient.refusal
    if not recipient.address:
        return SkipReason.NO_ADDRESS
    return None if is_deliverable(recipient.address) else SkipReason.BAD_ADDRESS


def may_read(user_id: int, event: Event) -> bool:
    """Whether this person reads the event by now: its owner, a participant, or by their rights."""
    if user_id == event.owner_id or any(user_id == one.user_id for one in event.participants):
        return True
    actor = load_actor(user_id) if event.visibility == Visibility.PUBLIC else None
    if actor is None:
        return False
    mine = select(Event.id).where(Event.id == event.id, criteria(Event, "read", actor))
    return db.session.scalar(mine) is not None
