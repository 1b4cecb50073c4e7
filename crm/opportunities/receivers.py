"""Receivers of signals of lower slices."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask_babel import ngettext

from crm.accounts.dependents import describe_dependents
from crm.accounts.models import Account
from crm.accounts.signals import account_deleting, amounts_asked
from crm.core.db import db
from crm.opportunities.models import Opportunity
from crm.opportunities.queries import amounts_by_account


def _words(count: int) -> str:
    return str(ngettext("%(num)s opportunity", "%(num)s opportunities", count))


@account_deleting.connect
def keep_account(account: Account, **news: Any) -> str | None:
    """Refuse to delete an account with opportunities (spec 5.5)."""
    return describe_dependents(Opportunity, account, _words)


@amounts_asked.connect
def sum_up(_sender: None, *, ids: Sequence[int]) -> dict[int, Any]:
    """In progress and won of these accounts, by currency (spec 5.2)."""
    found: dict[int, dict[str, dict[str, Decimal]]] = defaultdict(lambda: defaultdict(dict))
    rows: Any = db.session.execute(amounts_by_account(ids))
    for currency, kind, total, pk in rows:
        if total is not None:
            found[pk][kind.value][currency] = total
    return found
