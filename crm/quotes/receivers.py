"""Receivers of signals of lower slices."""

from typing import Any

from flask_babel import ngettext

from crm.accounts.dependents import describe_dependents
from crm.accounts.models import Account
from crm.accounts.signals import account_deleting
from crm.quotes.models import Quote


def _words(count: int) -> str:
    return str(ngettext("%(num)s quote", "%(num)s quotes", count))


@account_deleting.connect
def keep_account(account: Account, **news: Any) -> str | None:
    """Refuse to delete an account with quotes (spec 5.5)."""
    return describe_dependents(Quote, account, _words)
