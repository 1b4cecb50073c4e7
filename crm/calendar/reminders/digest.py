"""The digest of the day: an e-mail at an hour of one's choice; none on days without anything."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import url_for
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import or_, select, update

from crm.calendar.models import Event, Visibility
from crm.calendar.reminders.day import Day, day_of
from crm.companies.actors import load_actor
from crm.core.actor import Actor
from crm.core.db import db, let_others_write, transaction
from crm.core.jobs import sweep
from crm.core.models.locale import locale
from crm.core.rows import unfiltered
from crm.core.types import utcnow
from crm.mail.models import MessageKind
from crm.mail.notices import as_reader, full_address
from crm.mail.services import Mail, queue

LATEST = timedelta(hours=4)  # after the hour; where no worker ran then, the day is nearly over

log = logging.getLogger("crm.reminders")


@sweep("digests")
def send_digests() -> int:
    """Queue the digests that are due. Returns how many days this worker took."""
    chosen = select(User.id, User.digest_at, User.digest_on, User.time_zone).where(
        User.digest_at.is_not(None), User.active.is_(True)
    )
    with unfiltered("the worker writes to everyone who chose a digest, about their own day"):
        people = db.session.execute(chosen).all()
    db.session.rollback()
    taken = 0
    for user_id, hour, last, zone in people:
        local = utcnow().astimezone(ZoneInfo(zone))
        due = datetime.combine(local.date(), time.fromisoformat(hour), local.tzinfo)
        if local < due or (last is not None and last >= local.date()):
            continue
        try:
            taken += _take(user_id, local.date(), is_late=local - due > LATEST)
        except Exception:  # whatever is wrong with one, the others leave
            log.exception("The digest of user %s cannot be made; it is tried again.", user_id)
        finally:
            db.session.rollback()
    return taken


def _take(user_id: int, on: date, *, is_late: bool) -> bool:
    """Whether this worker is the one that writes the digest of this day."""
    actor = None if is_late else load_actor(user_id)
    mail = _mail(actor, on) if actor is not None else None
    db.session.rollback()
    not_yet = or_(User.digest_on.is_(None), User.digest_on < on)
    taking = update(User).where(User.id == user_id, not_yet).values(digest_on=on)
    with transaction() as session, unfiltered("each digest is of the day of one person"):
        found = session.execute(taking.execution_options(synchronize_session=False))
        if not found.rowcount:  # type: ignore[attr-defined]  # of an UPDATE
            return False
        if mail is not None:
            queue(mail)
    let_others_write()
    return True


def _mail(actor: Actor, on: date) -> Mail | None:
    """The mail, in its reader's language; None where there is nothing to say, or no company."""
    if actor.company is None:
        return None
    with as_reader(actor):
        day = day_of(actor.user_id, on, ZoneInfo(actor.time_zone))
        if day.is_empty:
            return None
        email = db.session.scalar(select(User.email).where(User.id == actor.user_id))
        sections = list(_sections(day, ZoneInfo(actor.time_zone)))
        return Mail(
            cause=f"digest:{actor.user_id}:{on.isoformat()}",
            company_id=actor.company.id,
            owner_id=actor.user_id,
            kind=MessageKind.DIGEST,
            subject=_("Your day: %(date)s", date=format_date(on, "full", locale=locale())),
            body_text=_text(sections),
            body_html=_html(sections),
            to_address=email,
            to_name=actor.name,
            automatic=True,
            transactional=True,
        )


Line = tuple[str, str, str]  # when, what, address


def _sections(day: Day, zone: ZoneInfo) -> Iterator[tuple[str, Sequence[Line]]]:
    """(title, lines) of what there is."""
    named = (
        (_("Today"), day.events),
        (_("Tasks due today"), day.tasks),
        (_("Overdue tasks"), day.overdue),
    )
    for title, events in named:
        if events:
            yield title, [_line(one, day.on, zone) for one in events]


def _line(event: Event, on: date, zone: ZoneInfo) -> Line:
    # The outbox keeps the text, where others may read it.
    is_private = event.visibility == Visibility.PRIVATE
    what = _("Private event") if is_private else event.subject
    return _when(event, on, zone), what, full_address(url_for("EventView.show", pk=event.id))


def _when(event: Event, on: date, zone: ZoneInfo) -> str:
    if event.due_on is not None:
        return "" if event.due_on == on else format_date(event.due_on, "short", locale=locale())
    if event.all_day:
        return _("All day")
    start, end = (moment.astimezone(zone) for moment in (event.starts_at, event.ends_at))
    return f"{_clock(start, on)}–{_clock(end, on)}"


def _clock(local: datetime, on: date) -> str:
    """The time, with its day where that is another one."""
    day = "" if local.date() == on else format_date(local.date(), "short", locale=locale()) + " "
    return f"{day}{local:%H:%M}"


def _text(sections: Iterable[tuple[str, Sequence[Line]]]) -> str:
    parts = []
    for title, lines in sections:
        shown = (f"{when} {what}".strip() + f"\n{url}" for when, what, url in lines)
        parts.append("\n\n".join([title, *shown]))
    return "\n\n".join([*parts, _footer(_profile())]) + "\n"


def _html(sections: Iterable[tuple[str, Sequence[Line]]]) -> str:
    link = Markup('{} <a href="{}">{}</a>')
    parts: list[Any] = []
    for title, lines in sections:
        shown = Markup("<br>").join(link.format(when, url, what) for when, what, url in lines)
        parts.append(Markup("<p><strong>{}</strong></p><p>{}</p>").format(title, shown))
    parts.append(Markup("<p>{}</p>").format(_footer(_profile())))
    return "".join(map(str, parts))


def _footer(url: str) -> str:
    return _("You chose this digest in your profile. To change that: %(url)s", url=url)


def _profile() -> str:
    return f"{full_address(url_for('ProfileView.own'))}#f-digest_at"
