"""The answer of a guest: by the link of the invitation, by a reply of a calendar, or in the CRM."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from crm.calendar.ics import plain
from crm.calendar.invitations.guest_list import Guest, guest_in, guests_of
from crm.calendar.invitations.meeting import Meeting, is_ahead, meeting_of, takes_place
from crm.calendar.models import Answer, Event, Invitation, Participant
from crm.calendar.series.reach import Reach
from crm.core.actor import current_actor
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.types import utcnow
from crm.notices.kinds import ANSWERED
from crm.notices.services import News, tell

LONGEST = 2000  # characters of a comment
OFFERED = (Answer.YES, Answer.MAYBE, Answer.NO)  # in the order in which they are shown


@dataclass(frozen=True)
class Invited:
    """An invitation as it stands now; `guest` is None for who is a guest no more."""

    meeting: Meeting
    guest: Guest | None

    @property
    def is_off(self) -> bool:
        """Whether it is cancelled or deleted as a whole."""
        return not any(map(takes_place, self.meeting.events))

    @property
    def open_events(self) -> Sequence[Event]:
        """Those that can be answered: an answer can change until the start."""
        events = self.guest.events if self.guest is not None else ()
        return [one for one in events if is_open(one)]

    @property
    def rows(self) -> Sequence[Participant]:
        """The guest's own rows in what can be answered."""
        key = self.guest.key if self.guest is not None else ""
        return [
            one
            for event in self.open_events
            for one in event.participants
            if guest_in(event, one).key == key
        ]


def invited_by(invitation: Invitation) -> Invited | None:
    """What an invitation is to, read whole; None where nothing is left of it."""
    meeting = meeting_of(invitation)
    if meeting is None:
        return None
    return Invited(meeting, guests_of(meeting).get(invitation.key))


def answer(invited: Invited, given: Answer, comment: str | None) -> bool:
    """Note the answer for all that can be answered, and tell the organiser; whether there is any.

    `comment` None keeps the one that is there. The same answer again tells nobody.
    """
    rows = invited.rows
    _note(rows, given, comment)
    return bool(rows)


def is_open(event: Event) -> bool:
    """Whether it can be answered still."""
    return is_ahead(event) and event.starts_at > utcnow()


def refusal(event: Event) -> str:
    """Why an event cannot be answered any more; "" where it can."""
    if is_open(event):
        return ""
    is_off = not takes_place(event)
    return _("This event is cancelled.") if is_off else _("This event has begun or is over.")


def own_rows(event: Event, reach: Reach = Reach.THIS) -> Sequence[Participant]:
    """The rows by which the actor takes part, as a user, in this event or in all of its series."""
    in_series = reach is Reach.ALL and event.series_id is not None
    which = Event.series_id == event.series_id if in_series else Event.id == event.id
    mine = Participant.user_id == current_actor().user_id
    statement = select(Participant).join(Participant.event).where(mine, which)
    statement = statement.options(contains_eager(Participant.event)).order_by(Event.starts_at)
    return list(db.session.scalars(statement).unique())


def answer_own(event: Event, given: Answer, comment: str, reach: Reach = Reach.THIS) -> int:
    """Note the actor's own answer; the number of events that it is for.

    Raises DomainError where none can be answered any more.
    """
    rows = [one for one in own_rows(event, reach) if is_open(one.event)]
    if not rows:
        raise DomainError(refusal(event))
    _note(rows, given, comment)
    return len(rows)


def _note(rows: Sequence[Participant], given: Answer, comment: str | None) -> None:
    text = None if comment is None else plain(comment).strip()[:LONGEST] or None
    said = {"answer": given} | ({} if comment is None else {"comment": text})
    changed = [one for one in rows if any(getattr(one, n) != value for n, value in said.items())]
    for row in changed:
        for name, value in said.items():
            setattr(row, name, value)
        row.answered_at = utcnow()
    if changed:
        db.session.flush()
        _tell_organizer(changed[0].event, changed[0])


def _tell_organizer(event: Event, row: Participant) -> None:
    if event.owner_id is None:
        return
    args = {"guest": str(row), "answer": str(row.answer), "comment": row.comment or ""}
    cause = f"{ANSWERED}:{row.id}:{uuid4().hex}"
    news = News(
        event.owner_id,
        ANSWERED,
        cause,
        "event",
        about=("event", event.id),
        args=args,
        company_id=event.company_id,
    )
    tell([news])
