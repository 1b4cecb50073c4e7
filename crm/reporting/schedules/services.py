"""Create, change, pause, delete and restore schedules, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask_appbuilder.security.sqla.models import User, assoc_user_group
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, delete, func, or_, select

from crm.core import rows
from crm.core.actor import current_actor
from crm.core.datamodel.saving import flush
from crm.core.db import db
from crm.core.errors import DomainError, NotFound
from crm.core.rows import IN_BIN, linkable, unfiltered
from crm.core.saved.models import SavedView, saved_view_group
from crm.core.types import utcnow
from crm.mail.models import Message, MessageState
from crm.mail.services import cancel, refusal
from crm.reporting.schedules.models import ReportRecipient, ReportSchedule
from crm.reporting.schedules.rhythm import Rhythm

MOST = 100  # schedules of one person
MOST_RECIPIENTS = 50
KEPT = timedelta(days=1)  # after it was deleted


@dataclass(frozen=True)
class ScheduleInput:
    """What its owner says of a schedule."""

    rhythm: Rhythm
    user_ids: frozenset[int]
    only_rows: bool = False
    with_csv: bool = False


def fetch(pk: int, action: str = "read") -> ReportSchedule:
    """The schedule that the actor may read, or change. Raises NotFound."""
    found: ReportSchedule = rows.fetch(db.session(), ReportSchedule, pk, action)
    return found


def is_reader(view: SavedView) -> ColumnElement[bool]:
    """The condition on readers of a saved report: its owner, and the members of its groups."""
    members, shared = assoc_user_group.c, saved_view_group.c
    mates = select(members.user_id).join(saved_view_group, shared.group_id == members.group_id)
    return or_(User.id == view.user_id, User.id.in_(mates.where(shared.saved_view_id == view.id)))


def readers_of(view: SavedView) -> Sequence[User]:
    """Those whom the actor may send a report to: the readers within reach, oneself first."""
    me = current_actor().user_id
    statement = select(User).where(User.active.is_(True), is_reader(view), linkable(User))
    found = db.session.scalars(statement.order_by(User.first_name, User.last_name, User.id))
    return sorted(found.unique(), key=lambda user: user.id != me)


def create(view: SavedView, given: ScheduleInput) -> ReportSchedule:
    """A new schedule of the actor for a report that they read. Raises DomainError by field."""
    actor = current_actor()
    _one_after_another(actor.user_id)
    mine = select(func.count()).where(ReportSchedule.user_id == actor.user_id)
    if (db.session.scalar(mine) or 0) >= MOST:
        raise DomainError(_("You already have %(num)s schedules; delete some first.", num=MOST))
    _refuse_double(view, given)
    row = ReportSchedule(
        user_id=actor.user_id, saved_view_id=view.id, recipients=[], zone=actor.time_zone
    )
    _apply(row, view, given)
    _plan(row)
    db.session.add(row)
    flush()
    return row


def change(pk: int, view: SavedView, given: ScheduleInput, version: int) -> ReportSchedule:
    """Raises NotFound, DomainError by field."""
    row = _fetch_version(pk, version)
    is_moved = row.rhythm != given.rhythm
    _apply(row, view, given)
    if is_moved and not row.is_paused:
        _plan(row)
    flush()
    return row


def pause(pk: int) -> ReportSchedule:
    """Send nothing until it is resumed. Raises NotFound."""
    row = fetch(pk, "edit")
    row.due_at = None
    return row


def resume(pk: int) -> ReportSchedule:
    """Send again, from the next time on. Raises NotFound."""
    row = fetch(pk, "edit")
    if row.is_paused:
        _plan(row)
    return row


def remove(pk: int) -> ReportSchedule:
    """Delete it, for a day so that it can be restored. Raises NotFound."""
    row = fetch(pk, "edit")
    row.deleted_at = utcnow()
    return row


def restore(pk: int) -> ReportSchedule:
    """Bring a deleted one back. Raises NotFound."""
    mine = ReportSchedule.user_id == current_actor().user_id
    statement = select(ReportSchedule).where(ReportSchedule.id == pk, mine)
    options = {IN_BIN: ReportSchedule}
    row = db.session.scalars(statement.execution_options(**options)).first()
    if row is None:
        raise NotFound
    row.deleted_at = None
    if not row.is_paused:
        _plan(row)  # what was due meanwhile is not sent
    return row


def unsubscribe(pk: int) -> ReportSchedule:
    """Let a schedule send nothing to the actor any more. Raises NotFound."""
    mine = _mine(pk)
    refuse(mine)
    return mine.schedule


def refuse(recipient: ReportRecipient) -> None:
    """Send them nothing more, nor what waits in the outbox."""
    recipient.unsubscribed_at = recipient.unsubscribed_at or utcnow()
    waiting = select(Message).where(Message.id == recipient.message_id)
    with unfiltered("whoever refuses a report gets none, whether or not they see the outbox"):
        message = db.session.scalars(waiting).unique().first()
        if message is not None and not refusal(message, MessageState.CANCELLED):
            cancel(message)


def subscribe(pk: int) -> ReportSchedule:
    """Let it send to the actor again. Raises NotFound."""
    mine = _mine(pk)
    mine.unsubscribed_at = None
    return mine.schedule


def purge() -> None:
    """Delete for good what was deleted a day ago."""
    with unfiltered("what people deleted is purged, whoever they are"):
        old = ReportSchedule.deleted_at < utcnow() - KEPT
        db.session.execute(delete(ReportSchedule).where(old))


def _one_after_another(user_id: int) -> None:
    """Two forms posted at once see each other's schedule; on SQLite all writing is in turn."""
    users = User.__table__
    locked = select(users.c.id).where(users.c.id == user_id)
    db.session.execute(locked.with_for_update(key_share=True))


def _refuse_double(view: SavedView, given: ScheduleInput) -> None:
    """A form that is posted again, after the browser's Back, sends everything twice."""
    when = given.rhythm
    same = select(ReportSchedule.id).where(
        ReportSchedule.user_id == current_actor().user_id,
        ReportSchedule.saved_view_id == view.id,
        ReportSchedule.every == when.every,
        ReportSchedule.day == when.day,
        ReportSchedule.at == when.at,
    )
    if db.session.scalar(same) is not None:
        text = _("This report is already sent at that time: change that schedule instead.")
        raise DomainError(text, field="when")


def _mine(pk: int) -> ReportRecipient:
    """The actor as a recipient of a schedule. Raises NotFound."""
    fetch(pk)
    is_me = ReportRecipient.user_id == current_actor().user_id
    statement = select(ReportRecipient).where(ReportRecipient.schedule_id == pk, is_me)
    row = db.session.scalars(statement).first()
    if row is None:
        raise NotFound
    return row


def _fetch_version(pk: int, version: int) -> ReportSchedule:
    row = fetch(pk, "edit")
    if row.row_version != version:
        raise DomainError(_("It was changed in the meantime: open it again before you save."))
    return row


def _plan(row: ReportSchedule, now: datetime | None = None) -> None:
    """Compute when it is due next, in the time zone that its owner has now."""
    row.zone = current_actor().time_zone
    row.due_at = row.rhythm.following(now or utcnow(), ZoneInfo(row.zone), row.last_on)


def _apply(row: ReportSchedule, view: SavedView, given: ScheduleInput) -> None:
    row.name, row.changed_at = view.name, utcnow()  # so that the version counts recipients, too
    row.every, row.day, row.at = given.rhythm.every, given.rhythm.day, given.rhythm.at
    row.only_rows, row.with_csv = given.only_rows, given.with_csv
    with db.session.no_autoflush:
        _choose(row, view, given.user_ids)


def _choose(row: ReportSchedule, view: SavedView, chosen: frozenset[int]) -> None:
    """Set the recipients. Who unsubscribed stays so, whatever the owner chooses."""
    if not chosen:
        raise DomainError(_("Choose at least one recipient."), field="to")
    if len(chosen) > MOST_RECIPIENTS:
        text = _("Choose at most %(num)s recipients.", num=MOST_RECIPIENTS)
        raise DomainError(text, field="to")
    if not chosen <= {user.id for user in readers_of(view)}:
        raise DomainError(_("Choose people who may read this report."), field="to")
    kept = [one for one in row.recipients if one.user_id in chosen or one.unsubscribed_at]
    new = sorted(chosen - {one.user_id for one in kept})
    row.recipients = [*kept, *(ReportRecipient(user_id=pk) for pk in new)]
