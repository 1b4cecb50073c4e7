"""Statements of the pages of prospects and clients."""

from sqlalchemy import Select, select

from crm.accounts.models import LostReason, ProspectStatus, ProspectStatusKind


def open_statuses() -> Select[tuple[ProspectStatus]]:
    """The open statuses of prospects, in order."""
    return (
        select(ProspectStatus)
        .where(ProspectStatus.active.is_(True), ProspectStatus.kind == ProspectStatusKind.OPEN)
        .order_by(ProspectStatus.position, ProspectStatus.id)
    )


def reasons() -> Select[tuple[LostReason]]:
    """The lost reasons of prospects."""
    return select(LostReason).where(LostReason.active.is_(True), LostReason.for_prospects.is_(True))
