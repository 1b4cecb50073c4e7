"""The page of one's schedules, and of those by which colleagues send reports to one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from crm.core.actor import current_actor
from crm.core.db import db
from crm.core.models import Label
from crm.core.models.text import format_day, format_instant, labelled
from crm.core.rows import unfiltered
from crm.core.views import Action
from crm.mail.models import REASONS as SKIPPED
from crm.mail.models import STATES, Message, MessageState
from crm.reporting.own.saved import type_of
from crm.reporting.schedules.models import Outcome, ReportRecipient, ReportSchedule

NAMED = 3  # people who are named; of more their number is told

REASONS: Mapping[Outcome, Label] = {
    Outcome.EMPTY: _l("There were no rows"),
    Outcome.DELETED: _l("The report was deleted"),
    Outcome.UNREADABLE: _l("May no longer read this report"),
    Outcome.UNREADABLE_TO_ME: _l("The report is no longer shared with you"),
    Outcome.AUTHOR_INACTIVE: _l("The account of the report’s owner is deactivated"),
    Outcome.OWNER_INACTIVE: _l("Your account was deactivated"),
    Outcome.INACTIVE: _l("The account is deactivated"),
    Outcome.NO_COMPANY: _l("Is in no company"),
    Outcome.OUT_OF_REACH: _l("May not open the list that it is made of"),
    Outcome.FAILED: _l("The report could not be made"),
}


@dataclass(frozen=True)
class ScheduleLine:
    """A schedule on the page."""

    name: str
    url: str  # of the report; "" where the reader may not open it
    when: str
    to: str  # the recipients, or who sends it
    next: str
    last: list[str]
    actions: Sequence[Action]

    @property
    def last_text(self) -> str:
        """The last sending on one line, for who has no column for it."""
        return labelled(_("Last sending"), " · ".join(self.last)) if self.last else ""


def own() -> list[ScheduleLine]:
    """Those of the actor."""
    mine = ReportSchedule.user_id == current_actor().user_id
    to = selectinload(ReportSchedule.recipients).joinedload(ReportRecipient.user)
    statement = select(ReportSchedule).where(mine).options(to, *_LOADED).order_by(*_ORDER)
    found = list(db.session.scalars(statement).unique())
    states = _states([to for row in found for to in row.recipients])
    return [_own_line(row, states) for row in found]


def received() -> list[ScheduleLine]:
    """Those of colleagues that send to the actor."""
    me = current_actor().user_id
    schedule = contains_eager(ReportRecipient.schedule)
    statement = (
        select(ReportRecipient)
        .join(ReportSchedule)
        .where(ReportRecipient.user_id == me, ReportSchedule.user_id != me)
        .options(schedule.joinedload(ReportSchedule.user), schedule.joinedload(*_VIEW))
        .order_by(*_ORDER)
    )
    found = list(db.session.scalars(statement).unique())
    return [_received_line(one) for one in found]


_VIEW = (ReportSchedule.saved_view,)
_LOADED = (joinedload(ReportSchedule.saved_view),)
_ORDER = (ReportSchedule.name, ReportSchedule.id)

States = Mapping[int, tuple[MessageState, str]]  # id of a message → state, why


def _states(recipients: Sequence[ReportRecipient]) -> States:
    ids = [to.message_id for to in recipients if to.message_id is not None]
    if not ids:
        return {}
    columns = (Message.id, Message.state, Message.reason, Message.last_error)
    statement = select(*columns).where(Message.id.in_(ids))
    with unfiltered("who sends a report to colleagues is told whether it left"):
        found = db.session.execute(statement)
        return {
            pk: (MessageState(state), str(SKIPPED[reason]) if reason else error or "")
            for pk, state, reason, error in found
        }


def _own_line(row: ReportSchedule, states: States) -> ScheduleLine:
    names = [_name(to) for to in row.recipients]
    return ScheduleLine(
        row.name,
        _report_url(row),
        str(row.rhythm),
        ", ".join(names) if len(names) <= NAMED else _people(len(names)),
        _next(row),
        list(_last(row, states)),
        _own_actions(row),
    )


def _received_line(one: ReportRecipient) -> ScheduleLine:
    row, url = one.schedule, "ScheduleView"
    if one.unsubscribed_at is None:
        act = Action(_("Unsubscribe"), url_for(f"{url}.unsubscribe", pk=row.id), "mail-off", "post")
        state = _next(row)
    else:
        act = Action(_("Subscribe again"), url_for(f"{url}.subscribe", pk=row.id), "mail", "post")
        state = _("Unsubscribed")
    return ScheduleLine(
        row.name, _report_url(row), str(row.rhythm), str(row.user), state, [], [act]
    )


def _report_url(row: ReportSchedule) -> str:
    view = row.saved_view  # None where the row filter keeps it from the actor
    may_open = view is not None and type_of(view.entity).about(view)
    return url_for("OwnReportView.open", pk=row.saved_view_id) if may_open else ""


def _name(to: ReportRecipient) -> str:
    if to.unsubscribed_at is not None:
        return _("%(name)s (unsubscribed)", name=to.user)
    return str(to.user)


def _people(count: int) -> str:
    return ngettext("%(num)s person", "%(num)s people", count)


def _next(row: ReportSchedule) -> str:
    if row.due_at is None:
        return _("Paused")
    return format_instant(row.due_at, current_actor().time_zone)


def _last(row: ReportSchedule, states: States) -> list[str]:
    """The day of the last sending, then what became of it, each outcome with who had it."""
    if row.last_on is None:
        return []
    outcomes: dict[str, list[str]] = {}
    for to in row.recipients:
        if to.outcome is not None and to.unsubscribed_at is None:
            outcomes.setdefault(_outcome(to, states), []).append(str(to.user))
    told = [_with_names(words, names, len(row.recipients)) for words, names in outcomes.items()]
    return [format_day(row.last_on), *told]


def _with_names(words: str, names: Sequence[str], every: int) -> str:
    if len(names) == every:
        return words
    who = ", ".join(names) if len(names) <= NAMED else _people(len(names))
    return f"{words} ({who})"


def _outcome(to: ReportRecipient, states: States) -> str:
    outcome = to.outcome or Outcome.QUEUED
    if outcome is not Outcome.QUEUED:
        reason = labelled(_("Not sent"), REASONS[outcome])
        # The words are of the recipient's language and rows: nobody else's business.
        is_mine = to.detail and to.user_id == current_actor().user_id
        return labelled(reason, to.detail) if is_mine else reason
    state, why = states.get(to.message_id or 0, (MessageState.SENT, ""))
    return labelled(STATES[state], why) if why else str(STATES[state])


def _own_actions(row: ReportSchedule) -> list[Action]:
    def url(method: str) -> str:
        return url_for(f"ScheduleView.{method}", pk=row.id)

    resume = Action(_("Resume"), url("resume"), "player-play", "post")
    pause = Action(_("Pause"), url("pause"), "player-pause", "post")
    change = [Action(_("Edit"), url("edit"), "pencil")] if row.saved_view is not None else []
    return [
        *change,
        resume if row.is_paused else pause,
        Action(_("Delete"), url("delete"), "trash", "post"),
    ]
