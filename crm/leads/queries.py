"""Statements of the leads' pages."""

from sqlalchemy import Select, select

from crm.leads.models import LeadStatus, LeadStatusKind
from crm.opportunities.models import LostReason


def open_statuses() -> Select[tuple[LeadStatus]]:
    """The open statuses, in order."""
    return (
        select(LeadStatus)
        .where(LeadStatus.active.is_(True), LeadStatus.kind == LeadStatusKind.OPEN)
        .order_by(LeadStatus.position, LeadStatus.id)
    )


def reasons() -> Select[tuple[LostReason]]:
    """The lost reasons of leads."""
    return select(LostReason).where(LostReason.active.is_(True), LostReason.for_leads.is_(True))
