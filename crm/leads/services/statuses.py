"""From status to status. Source: spec 4.2 and 4.3."""

from datetime import date
from typing import TypedDict, Unpack

from flask_babel import gettext as _
from sqlalchemy import select

from crm.companies.days import today
from crm.companies.remembered import remembered
from crm.companies.settings import setting
from crm.core.datamodel.saving import update_row
from crm.core.db import db
from crm.core.errors import DomainError
from crm.leads.models import MOVES, Lead, LeadStatus, LeadStatusKind
from crm.leads.signals import status_changed
from crm.opportunities.models import LostReason


class Outcome(TypedDict, total=False):
    """What losing asks for."""

    lost_reason: LostReason | None
    lost_comment: str | None
    lost_on: date | None  # a day in the company's time zone; today where it is not given


def default_status() -> LeadStatus:
    """Where new leads begin."""
    status_id = setting("lead_default_status_id")
    return remembered(("lead_status", status_id), lambda: db.session.get_one(LeadStatus, status_id))


def change_status(
    lead: Lead, to: LeadStatus, *, cancel_events: bool = False, **outcome: Unpack[Outcome]
) -> None:
    """Put a lead in the status `to`, filling in its outcome first; None empties a field.

    Raises DomainError, on the field concerned, where the status is no longer in use, the move is
    not in MOVES, or it needs a field that is still empty.
    """
    before = lead.status
    if to is before:
        return
    if not to.active:
        raise DomainError(_("This status is no longer in use."), field="status")
    needed = MOVES.get((before.kind, to.kind))
    if needed is None:
        raise DomainError(_refusal(before, to), field="status")
    for name, value in outcome.items():
        setattr(lead, name, value)  # a refusal below undoes it, with the transaction
    if to.kind == LeadStatusKind.LOST:
        _lose(lead)
    else:
        lead.lost_reason = lead.lost_comment = lead.lost_on = None  # the journal keeps them
    lead.status = to
    status_changed.send(lead, before=before, after=to, cancel_events=cancel_events)


def _refusal(before: LeadStatus, to: LeadStatus) -> str:
    if LeadStatusKind.CONVERTED in (before.kind, to.kind):
        return str(_("Only a conversion does this."))
    return str(_("This lead is lost; reopen it first."))


def _lose(lead: Lead) -> None:
    lead.lost_on = lead.lost_on or today(lead.company.time_zone)
    reason = lead.lost_reason
    if reason is None:
        raise DomainError(_("Choose a reason."), field="lost_reason")
    if not reason.active or not reason.for_leads:
        raise DomainError(_("This reason is not for leads."), field="lost_reason")
    if reason.free_text and not lead.lost_comment:
        raise DomainError(_("This reason asks for a comment."), field="lost_comment")


def losing_refusal(lead: Lead) -> str:
    """Why this lead cannot be lost; "" where it can."""
    is_open = lead.status.kind == LeadStatusKind.OPEN
    return "" if is_open else _("Only an open lead can be lost.")


def lose(lead: Lead, *, cancel_events: bool = False, **outcome: Unpack[Outcome]) -> None:
    """Lose a lead, for a reason. Raises DomainError on `lost_reason`, `lost_comment`."""
    if refusal := losing_refusal(lead):
        raise DomainError(refusal)
    change_status(lead, _lost_status(), cancel_events=cancel_events, **outcome)
    update_row(lead, {})


def reopen(lead: Lead) -> None:
    """Back to the default status. Raises DomainError where the lead is not lost."""
    if lead.status.kind != LeadStatusKind.LOST:
        raise DomainError(_("Only a lost lead can be reopened."))
    change_status(lead, default_status())
    update_row(lead, {})


def _lost_status() -> LeadStatus:
    def read() -> LeadStatus:
        statement = select(LeadStatus).where(
            LeadStatus.kind == LeadStatusKind.LOST, LeadStatus.active.is_(True)
        )
        ordered = statement.order_by(LeadStatus.position, LeadStatus.id).limit(1)
        return db.session.scalars(ordered).one()

    return remembered(("lead_status", LeadStatusKind.LOST), read)
