"""Sends the reports that are due: one mail for each recipient and period, whoever dies or is late.

What is sent is computed without a lock, under each reader's rights; then one transaction takes the
schedule by a conditional UPDATE and writes the mails. What was closed to a reader meanwhile is not
sent; where their rights are others than before, all is computed again. Two workers that come upon
the same one do that work twice, and one of them takes it; one that dies leaves nothing behind.
After days without a worker the last period alone is sent.
"""

import logging
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import SystemRandom
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import or_, select, update
from sqlalchemy.orm import joinedload, selectinload

from crm.companies.actors import load_actor
from crm.core.actor import Actor
from crm.core.db import db, let_others_write, transaction
from crm.core.errors import Unavailable
from crm.core.files.storing import keep_made
from crm.core.jobs import nightly, sweep
from crm.core.links import services as links
from crm.core.rows import unfiltered
from crm.core.saved.models import SavedView
from crm.core.types import utcnow
from crm.mail.models import UnsubscribeLink
from crm.mail.services import Mail, queue
from crm.mail.services.unsubscribing import VALID
from crm.reporting.schedules import services
from crm.reporting.schedules.making import Made, delivery_of, make
from crm.reporting.schedules.models import Outcome, ReportRecipient, ReportSchedule
from crm.reporting.schedules.unsubscribe_page import NAME as PURPOSE

LONGEST = timedelta(days=40)  # until the next time; later ones are of a clock that was wrong
BUDGET = 20.0  # seconds of one look; the others have their turn at the next one
FORBIDDEN = re.compile(r'\s*[\\/:*?"<>|]+\s*')  # in names of files

log = logging.getLogger("crm.reports")


class TakenError(Exception):
    """Another worker took the schedule, or its owner changed it meanwhile."""


@dataclass(frozen=True)
class Due:
    """A schedule as it was found: what the UPDATE that takes it compares."""

    pk: int
    due_at: datetime
    version: int


@sweep("report_schedules", slow=True)
def send_due() -> int:
    """Send what is due. Returns how many schedules this worker took."""
    _plan_again()
    return _send_all()


@nightly("report_schedules_bin", hour=2)
def purge_nightly() -> None:
    with transaction():
        services.purge()


def _send_all() -> int:
    taken, began = 0, monotonic()
    for one in _due():
        if monotonic() - began > BUDGET:
            break
        try:
            taken += _send(one)
        except Unavailable:
            raise
        except Exception:  # whatever is wrong with one, the others leave
            log.exception("Schedule %s cannot be sent; it is tried again.", one.pk)
        finally:
            db.session.rollback()
        let_others_write()
    return taken


def _due() -> list[Due]:
    """What is due, in an order of this worker's own, so that another one takes others."""
    columns = (ReportSchedule.id, ReportSchedule.due_at, ReportSchedule.row_version)
    statement = select(*columns).where(
        ReportSchedule.due_at <= utcnow(), ReportSchedule.deleted_at.is_(None)
    )
    with unfiltered("the worker sends what is due, whoever made the schedule"):
        rows = db.session.execute(statement).all()
    db.session.rollback()
    found = [Due(pk, due_at, version) for pk, due_at, version in rows if due_at is not None]
    SystemRandom().shuffle(found)
    return found


def _send(one: Due) -> bool:
    """Whether this worker took it."""
    now = utcnow()
    with unfiltered("the worker reads the schedule; each report is read by its reader's rights"):
        row = _load(one.pk)
        if row is None:
            return False
        zone, rhythm, refused = ZoneInfo(row.zone), row.rhythm, _refusal(row)
        on = rhythm.latest(now, zone)
        deliveries = [
            delivery_of(row, to, on) for to in row.recipients if to.unsubscribed_at is None
        ]
    db.session.rollback()
    made = [
        make(each) if refused is None else Made(each.recipient_id, refused) for each in deliveries
    ]
    made = [_with_files(each) for each in made]
    if not all(map(_is_as_before, made)):
        return False
    try:
        with transaction(), unfiltered("each recipient is told by the one who took the schedule"):
            _take(one, on, rhythm.following(now, zone, on))
            _write(made, _readers(one.pk))
    except TakenError:
        return False
    return True


def _load(pk: int) -> ReportSchedule | None:
    author = joinedload(ReportSchedule.saved_view).joinedload(SavedView.user)
    loaded = (author, joinedload(ReportSchedule.user), selectinload(ReportSchedule.recipients))
    statement = select(ReportSchedule).where(ReportSchedule.id == pk).options(*loaded)
    found: ReportSchedule | None = db.session.scalars(statement).unique().first()
    return found


def _refusal(row: ReportSchedule) -> Outcome | None:
    """Why nobody gets it."""
    view = row.saved_view
    if not row.user.active:
        return Outcome.OWNER_INACTIVE
    if view is None or view.deleted_at is not None:
        return Outcome.DELETED
    if not view.user.active:
        return Outcome.AUTHOR_INACTIVE
    reads = select(User.id).where(User.id == row.user_id, services.is_reader(view))
    return None if db.session.scalar(reads) is not None else Outcome.UNREADABLE_TO_ME


def _is_as_before(made: Made) -> bool:
    """Whether its reader has the rights that it was made by, unless they have left."""
    if made.reader is None:
        return True
    now = load_actor(made.reader.user_id)
    return now is None or _rights(now) == _rights(made.reader)


def _rights(actor: Actor) -> tuple[Any, ...]:
    """What decides which rows somebody sees; databases read these in any order."""
    several = (actor.company_ids, actor.group_ids, actor.team_ids, actor.teammate_ids)
    return (*map(frozenset, several), actor.agency_id, actor.grid, actor.settings)


def _readers(pk: int) -> set[int]:
    """The ids of those who may read the report of a schedule at this moment."""
    is_there = (ReportSchedule.id == pk, SavedView.deleted_at.is_(None))
    of_it = select(SavedView).join(ReportSchedule).where(*is_there)
    view = db.session.scalars(of_it).first()
    if view is None:
        return set()
    reading = select(User.id).where(User.active.is_(True), services.is_reader(view))
    return set(db.session.scalars(reading))


def _with_files(made: Made) -> Made:
    """With the tables as files, whose content is kept before the transaction."""
    if made.mail is None or not made.files:
        return made
    files = [
        keep_made(text.encode(), f"{FORBIDDEN.sub(' - ', title)}.csv", "text/csv")
        for title, text in made.files
    ]
    return replace(made, mail=replace(made.mail, attachments=files))


def _take(one: Due, on: date, following: datetime) -> None:
    """Raises TakenError."""
    taking = (
        update(ReportSchedule)
        .where(
            ReportSchedule.id == one.pk,
            ReportSchedule.due_at == one.due_at,
            ReportSchedule.row_version == one.version,
            ReportSchedule.deleted_at.is_(None),
        )
        .values(last_on=on, due_at=following)
        .execution_options(synchronize_session=False)
    )
    if not db.session.execute(taking).rowcount:  # type: ignore[attr-defined]  # of an UPDATE
        raise TakenError


def _write(made: Sequence[Made], readers: Container[int]) -> None:
    """The mails, but for whom it is closed meanwhile, and what became of each recipient."""
    ids = [one.recipient_id for one in made]
    statement = select(ReportRecipient).where(ReportRecipient.id.in_(ids))
    found = {one.id: one for one in db.session.scalars(statement)}
    for one in made:
        recipient = found.get(one.recipient_id)
        if recipient is None or recipient.unsubscribed_at is not None:
            continue
        recipient.outcome, recipient.detail, recipient.message_id = one.outcome, one.detail, None
        if one.mail is None:
            continue
        if recipient.user_id in readers:
            recipient.message_id = _queue(one.mail, one.token)
        else:
            recipient.outcome = Outcome.UNREADABLE


def _queue(mail: Mail, token: str) -> int:
    message = queue(mail)
    if message.unsubscribe_link is None:
        link, _token = links.create(PURPOSE, mail.company_id, VALID, token)
        message.unsubscribe_link = UnsubscribeLink(link=link, url=links.address_of(token))
    db.session.flush()
    return message.id


def _plan_again() -> None:
    """Compute the next time anew where the owner changed their time zone, or a clock was wrong."""
    now = utcnow()
    elsewhere = or_(User.time_zone != ReportSchedule.zone, ReportSchedule.due_at > now + LONGEST)
    statement = (
        select(ReportSchedule, User.time_zone)
        .join(User, User.id == ReportSchedule.user_id)
        .where(ReportSchedule.due_at > now, ReportSchedule.deleted_at.is_(None), elsewhere)
    )
    with unfiltered("the worker plans every schedule in the time zone of its owner"):
        found: Sequence[Any] = db.session.execute(statement).all()
        planned = [
            (row.id, row.due_at, zone, row.rhythm.following(now, ZoneInfo(zone), row.last_on))
            for row, zone in found
        ]
        db.session.rollback()
        for pk, due_at, zone, following in planned:
            same = (ReportSchedule.id == pk, ReportSchedule.due_at == due_at)
            changed = update(ReportSchedule).where(*same).values(zone=zone, due_at=following)
            with transaction() as session:
                session.execute(changed.execution_options(synchronize_session=False))
