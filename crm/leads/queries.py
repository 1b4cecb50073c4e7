"""Statements of the leads' pages."""

from sqlalchemy import Select, select

from crm.leads.models import LeadStatus, LeadStatusKind


def open_statuses() -> Select[tuple[LeadStatus]]:
    """The open statuses, in order."""
    return (
        select(LeadStatus)
        .where(LeadStatus.active.is_(True), LeadStatus.kind == LeadStatusKind.OPEN)
        .order_by(LeadStatus.position, LeadStatus.id)
    )
