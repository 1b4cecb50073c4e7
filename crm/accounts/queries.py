"""Statements of the pages of prospects and clients."""

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager, joinedload

from crm.accounts.models import (
    Account,
    AccountContact,
    LostReason,
    ProspectStatus,
    ProspectStatusKind,
)


def open_statuses() -> Select[tuple[ProspectStatus]]:
    """The open statuses of prospects, in order."""
    return (
        select(ProspectStatus)
        .where(ProspectStatus.active.is_(True), ProspectStatus.kind == ProspectStatusKind.OPEN)
        .order_by(ProspectStatus.position, ProspectStatus.id)
    )


def reasons(is_for: str) -> Select[tuple[LostReason]]:
    """The lost reasons in use with the flag `is_for`, such as "for_leads"."""
    flag = getattr(LostReason, is_for)
    return select(LostReason).where(LostReason.active.is_(True), flag.is_(True))


def contacts_of(account: Account) -> Select[tuple[AccountContact]]:
    """An account's links to the contacts that the actor reads, with these, the main one first."""
    return (
        select(AccountContact)
        .join(AccountContact.contact)
        .where(AccountContact.account_id == account.id)
        .options(contains_eager(AccountContact.contact), joinedload(AccountContact.job_title))
        .order_by(AccountContact.is_main.desc(), AccountContact.id)
    )
