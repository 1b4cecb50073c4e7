"""Whether somebody may be written to, and where."""

from collections.abc import Container, Iterable
from typing import Any

from sqlalchemy import select, union_all

from crm.core.db import db
from crm.core.models import target_of
from crm.core.rows import unfiltered
from crm.mail.headers import is_deliverable
from crm.mail.models import TEMPLATE_KINDS, Message, SkipReason

# The relations of a message to who may refuse e-mails.
PEOPLE = ("contact", "lead", "account")


def refusing(company_id: int, addresses: Iterable[str | None]) -> set[str]:
    """Those of `addresses` whose contact, lead or account of this company wants no e-mails."""
    wanted = sorted({one for one in addresses if one})
    if not wanted:
        return set()
    models = [target_of(Message, name) for name in PEOPLE]
    refused = (
        select(model.email).where(
            model.company_id == company_id,
            model.do_not_email.is_(True),
            model.deleted_at.is_(None),
            model.email.in_(wanted),
        )
        for model in models
    )
    with unfiltered("who refuses e-mails gets none, whoever may read their record"):
        return set(db.session.scalars(union_all(*refused)))


def address_now(message: Message) -> str | None:
    """The address that its recipient has by now, which may have been corrected."""
    return getattr(_recipient(message), "email", None) or message.to_address


def obstacle(message: Message, refused: Container[str]) -> SkipReason | None:
    """Why a message cannot be sent again; `refused` are the addresses that `refusing` found."""
    address = address_now(message)
    if not address:
        return SkipReason.NO_ADDRESS
    if not is_deliverable(address):
        return SkipReason.BAD_ADDRESS
    # What is sent to users, such as a test, is no correspondence.
    is_refused = address in refused and message.kind in TEMPLATE_KINDS
    if is_refused or getattr(_recipient(message), "do_not_email", False):
        return SkipReason.DO_NOT_EMAIL
    return None


def _recipient(message: Message) -> Any:
    """The lead, contact or account whose address it is, where the actor sees it."""
    return getattr(message, message.to_relation) if message.to_relation else None
