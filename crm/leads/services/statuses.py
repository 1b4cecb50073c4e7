"""Moves between statuses. Source: spec 4.2 and 4.3."""

from datetime import date
from typing import TypedDict, Unpack

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.accounts.models import LostReason
from crm.accounts.services.reasons import check_reason
from crm.companies.days import today
from crm.companies.moves import Kinds, Move, Moves
from crm.companies.vocabulary import default_row, first_of_kind
from crm.core.datamodel.saving import update_row
from crm.core.errors import DomainError
from crm.leads.models import Lead, LeadStatus, LeadStatusKind
from crm.leads.signals import status_changed


class Outcome(TypedDict, total=False):
    """The fields that are set when a lead is lost."""

    lost_reason: LostReason | None
    lost_comment: str | None
    lost_on: date | None  # a day in the company's time zone; today where it is not given


def default_status() -> LeadStatus:
    """The status of new leads."""
    return default_row(LeadStatus, "lead_default_status_id")


def _open(lead: Lead, to: LeadStatus) -> None:
    lead.lost_reason = lead.lost_comment = lead.lost_on = None  # the journal keeps them


def _lose(lead: Lead, to: LeadStatus) -> None:
    lead.lost_on = lead.lost_on or today(lead.company.time_zone)
    check_reason(lead, "for_leads", _("This reason does not apply to leads."))


def _refusal(kinds: Kinds) -> str:
    if LeadStatusKind.CONVERTED in kinds:
        return str(_("Only the conversion of a lead sets this status."))
    return str(_("This lead is lost; reopen it first."))


MOVES = Moves(
    state="status",
    table={
        (LeadStatusKind.OPEN, LeadStatusKind.OPEN): Move(_open),
        (LeadStatusKind.OPEN, LeadStatusKind.LOST): Move(_lose, needs=("lost_reason", "lost_on")),
        (LeadStatusKind.LOST, LeadStatusKind.OPEN): Move(_open),
    },
    refusal=_refusal,
    missing={"lost_reason": _l("Choose a reason.")},
    changed=status_changed,
)


def change_status(
    lead: Lead, to: LeadStatus, *, cancel_events: bool = False, **outcome: Unpack[Outcome]
) -> None:
    """Put a lead in the status `to` with its outcome; see `Moves.make` (spec 4.2, 4.3)."""
    MOVES.make(lead, to, outcome, cancel_events=cancel_events)


def losing_refusal(lead: Lead) -> str:
    """Why this lead cannot be lost; "" where it can."""
    is_open = lead.status.kind == LeadStatusKind.OPEN
    return "" if is_open else _("Only an open lead can be lost.")


def lose(lead: Lead, *, cancel_events: bool = False, **outcome: Unpack[Outcome]) -> None:
    """Lose a lead, for a reason. Raises DomainError on `lost_reason`, `lost_comment`."""
    if refusal := losing_refusal(lead):
        raise DomainError(refusal)
    change_status(
        lead, first_of_kind(LeadStatus, LeadStatusKind.LOST), cancel_events=cancel_events, **outcome
    )
    update_row(lead, {})


def reopen(lead: Lead) -> None:
    """Back to the default status. Raises DomainError where the lead is not lost."""
    if lead.status.kind != LeadStatusKind.LOST:
        raise DomainError(_("Only a lost lead can be reopened."))
    change_status(lead, default_status())
    update_row(lead, {})
