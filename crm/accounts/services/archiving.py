"""Archiving an account, which keeps everything, and reopening it. Source: spec 5.5."""

from flask_babel import gettext as _

from crm.accounts.models import Account
from crm.core.datamodel.saving import update_row
from crm.core.errors import DomainError
from crm.core.types import utcnow


def archive(account: Account) -> None:
    """Out of lists and pickers, from now. Raises DomainError where it is archived already."""
    if account.is_archived:
        raise DomainError(_("%(account)s is already archived.", account=account))
    account.archived_on = utcnow()
    update_row(account, {})


def unarchive(account: Account) -> None:
    """Back in lists and pickers. Raises DomainError where it is not archived."""
    if not account.is_archived:
        raise DomainError(_("%(account)s is not archived.", account=account))
    account.archived_on = None
    update_row(account, {})
