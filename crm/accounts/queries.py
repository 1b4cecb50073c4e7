"""Statements of the pages of prospects and clients."""

from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager, joinedload

from crm.accounts.models import (
    Account,
    AccountContact,
    Contact,
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


def same_emails(account_ids: Sequence[int]) -> Select[tuple[Contact]]:
    """Contacts of these accounts, taken as one, who have an e-mail address of another of them."""
    mine = AccountContact.account_id.in_(account_ids)
    double = (
        select(Contact.email)
        .join(AccountContact, AccountContact.contact_id == Contact.id)
        .where(mine, Contact.email.is_not(None))
        .group_by(Contact.email)
        .having(func.count(Contact.id.distinct()) > 1)
    )
    linked = select(AccountContact.contact_id).where(mine)
    return (
        select(Contact)
        .where(Contact.id.in_(linked), Contact.email.in_(double))
        .order_by(Contact.email, Contact.name_key, Contact.id)
    )
