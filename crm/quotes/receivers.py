"""Receivers of signals of lower slices."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement, func, select

from crm.accounts.dependents import describe_dependents
from crm.accounts.models import Account
from crm.accounts.signals import account_deleting
from crm.core.db import db
from crm.core.rows import unfiltered
from crm.opportunities.models import Opportunity
from crm.opportunities.signals import losing, stage_changed
from crm.quotes.models import OPEN, Quote
from crm.quotes.services import moves


def _words(count: int) -> str:
    return str(ngettext("%(num)s quote", "%(num)s quotes", count))


@account_deleting.connect
def keep_account(account: Account, **news: Any) -> str | None:
    """Refuse to delete an account with quotes (spec 5.5)."""
    return describe_dependents(Quote, account, _words)


def _open_quotes(opportunity: Opportunity) -> tuple[ColumnElement[bool], ...]:
    return (
        Quote.opportunity_id == opportunity.id,
        Quote.status.in_(OPEN),
        Quote.deleted_at.is_(None),
    )


@losing.connect
def offer_to_cancel(opportunity: Opportunity, **news: Any) -> tuple[str, str] | None:
    """The checkbox for the open quotes of an opportunity that may be lost (spec 7.3)."""
    statement = select(func.count()).select_from(Quote).where(*_open_quotes(opportunity))
    with unfiltered("a lost sale cancels its open quotes, whoever holds them"):
        number = db.session.scalar(statement)
    if not number:
        return None
    return "cancel_quotes", str(_("Also cancel its open quotes (%(num)s)", num=number))


@stage_changed.connect
def cancel_with_opportunity(
    opportunity: Opportunity, *, cancel_quotes: bool = False, **news: Any
) -> None:
    """Cancel the open quotes of a lost opportunity, if the dialog asked for it (spec 7.3)."""
    if not cancel_quotes:
        return
    reason = _("Opportunity lost: %(reason)s", reason=opportunity.lost_reason)
    with unfiltered("a lost sale cancels its open quotes, whoever holds them"):
        # Cancelling a draft brings back the version that it was to replace.
        while found := db.session.scalars(select(Quote).where(*_open_quotes(opportunity))).all():
            for quote in found:
                moves.cancel(quote, cancellation_reason=reason)
