"""Tells the guests of an event what has changed, each once, whatever the number of workers.

What is told is made before the transaction, from what was read then; whoever deletes the row of
the check in it is the one that tells. An event that changed meanwhile has a later check.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update

from crm.calendar.invitations.deciding import News, facts_of, news_for
from crm.calendar.invitations.guest_list import RELATIONS, Guest, former, guests_of
from crm.calendar.invitations.mails import Telling, mail_of
from crm.calendar.invitations.meeting import Meeting, is_ahead, meeting_of
from crm.calendar.invitations.noting import forget_check
from crm.calendar.models import Event, GuestCheck, Invitation, Told
from crm.core.db import batches, db, transaction
from crm.core.jobs import every_minute
from crm.core.links import services as links
from crm.core.rows import unfiltered
from crm.core.types import utcnow
from crm.mail.models import SkipReason
from crm.mail.services import Mail, queue, refusing, skip

PURPOSE = "invitation"  # of the public link
VALID = timedelta(days=365)  # that the link answers after the event
AT_ONCE = 200  # events of one run; the others have their turn a minute later

log = logging.getLogger("crm.calendar")


@dataclass(frozen=True)
class Asked:
    """What one guest is told; without facts they are a guest no more."""

    guest: Guest
    news: News
    facts: str
    before: Invitation | None
    token: str = ""  # of a new link

    @property
    def is_change(self) -> bool:
        """Whether calendars have to know it from what they were told before (SEQUENCE)."""
        return self.before is not None and self.before.told is not Told.SKIPPED

    @property
    def number(self) -> int:
        return self.before.times if self.before is not None else 0

    @property
    def url(self) -> str:
        if self.token:
            return links.address_of(self.token)
        return self.before.url if self.before is not None else ""


@every_minute("invitations")
def tell_guests() -> int:
    """Tell the guests of all events that have rested. Returns how many guests that were."""
    order = (GuestCheck.due_at, GuestCheck.id)
    due = select(GuestCheck.id).where(GuestCheck.due_at <= utcnow()).order_by(*order)
    told = 0
    with unfiltered("guests are told of an event, whoever may read it"):
        for pk in db.session.scalars(due.limit(AT_ONCE)).all():
            try:
                told += _tell(pk)
            except Exception:  # whatever is wrong with one, the others are told
                log.exception("The guests of check %s cannot be told; it is tried again.", pk)
            finally:
                db.session.rollback()
    return told


def _tell(pk: int) -> int:
    check = db.session.get(GuestCheck, pk)
    if check is None:
        return 0
    meeting = meeting_of(check)
    asked = _asked(meeting) if meeting is not None else []
    made = [] if meeting is None else _mails(meeting, asked, check)
    with transaction():
        if not forget_check(check) or meeting is None:
            return 0
        sequence = _sequence(meeting, asked)
        _count(meeting, sequence)
        for one, mail in zip(asked, made, strict=True):
            _write(meeting, one, mail, sequence)
    return len(asked)


def _sequence(meeting: Meeting, asked: Sequence[Asked]) -> int:
    return meeting.sequence + any(one.is_change for one in asked)


def _mails(
    meeting: Meeting, asked: Sequence[Asked], check: GuestCheck
) -> list[tuple[Mail, SkipReason | None] | None]:
    """The mail to each, and why it is not sent; None for those who are told nothing."""
    company_id, sequence = meeting.events[0].company_id, _sequence(meeting, asked)
    refused = refusing(company_id, [one.guest.address for one in asked])
    return [
        None
        if _is_quiet(check, meeting, one)
        else mail_of(_telling(meeting, one, sequence, check), refused)
        for one in asked
    ]


def _asked(meeting: Meeting) -> list[Asked]:
    """Who is told what: each guest, and each who was one."""
    if meeting.is_over:
        return []
    mine = [getattr(Invitation, name) == pk for name, pk in meeting.key.items()]
    known = {one.key: one for one in db.session.scalars(select(Invitation).where(*mine))}
    guests = guests_of(meeting)
    found = []
    for key in (*guests, *(key for key in known if key not in guests)):
        before = known.get(key)
        guest = guests.get(key) or former(meeting, known[key])
        facts = facts_of(guest.events) if key in guests else ""
        is_done = bool(facts) and not any(map(is_ahead, guest.events))
        if is_done and (before is None or meeting.series is None):
            continue
        if (news := _news(before, facts)) is not None:
            token = links.new_token() if guest.address and not (before and before.url) else ""
            found.append(Asked(guest, news, facts, before, token))
    return found


def _news(before: Invitation | None, facts: str) -> News | None:
    if before is None:
        return news_for(None, "", None, facts, utcnow())
    return news_for(before.told, before.facts, before.ends_at, facts, utcnow())


def _is_quiet(check: GuestCheck, meeting: Meeting, one: Asked) -> bool:
    """Whether nobody is told of it, as who changed it chose; or it is the organiser, by now."""
    owners = {event.owner.email for event in meeting.events if event.owner is not None}
    is_owner = one.guest.address in owners
    return is_owner or (check.is_quiet and one.news is not News.INVITED)


def _telling(meeting: Meeting, one: Asked, sequence: int, check: GuestCheck) -> Telling:
    return Telling(
        meeting=meeting,
        guest=one.guest,
        news=one.news,
        number=one.number,
        sequence=sequence,
        url=one.url,
        note=check.note if one.news is not News.INVITED else "",
    )


def _count(meeting: Meeting, sequence: int) -> None:
    """By a statement: their pages have not changed, so version and "Changed on" stay."""
    if sequence == meeting.sequence:
        return
    same = {name: getattr(Event, name) for name in ("row_version", "changed_on", "changed_by_id")}
    for ids in batches([event.id for event in meeting.events]):
        statement = update(Event).where(Event.id.in_(ids)).values(sequence=sequence, **same)
        db.session.execute(statement.execution_options(synchronize_session=False))


def _write(
    meeting: Meeting, one: Asked, made: tuple[Mail, SkipReason | None] | None, sequence: int
) -> None:
    """The mail, or why there is none, and what was told."""
    row, guest, ends_at = one.before, one.guest, one.guest.events[-1].ends_at
    if row is None:
        row = Invitation(**meeting.key, key=guest.key, facts="")
    obstacle = None
    if made is not None:
        mail, obstacle = made
        if obstacle is None:
            queue(mail)
        else:
            skip(mail, obstacle)
        row.times, row.sequence = one.number + 1, sequence
    for relation in RELATIONS.values():
        setattr(row, f"{relation}_id", guest.row.id if guest.relation == relation else None)
    row.told = _state(one, obstacle)
    row.facts, row.ends_at = one.facts or row.facts, ends_at
    if one.token:
        company_id = meeting.events[0].company_id
        row.link, _token = links.create(PURPOSE, company_id, VALID, one.token)
        row.url = one.url
    db.session.add(row)
    if row.link is not None:
        row.link.expires_at = max(row.link.expires_at, ends_at + VALID)


def _state(one: Asked, obstacle: SkipReason | None) -> Told:
    if one.news is News.WITHDRAWN:
        return Told.WITHDRAWN
    return Told.SKIPPED if one.news is News.INVITED and obstacle is not None else Told.INVITED
