"""Why an account cannot be deleted, without the number of rows that the actor cannot see."""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from crm.accounts.models import Account
from crm.core.db import db
from crm.core.rows import unfiltered


def describe_dependents(
    model: type[Any], account: Account, words: Callable[[int], str]
) -> str | None:
    """`words(count)` of the visible rows; a general text where all are hidden; None without any."""
    statement = select(func.count()).where(
        model.account_id == account.id, model.deleted_at.is_(None)
    )
    seen = db.session.scalar(statement)
    if seen:
        return words(seen)
    with unfiltered("an account stays while anybody's record needs it"):
        hidden = db.session.scalar(statement)
    return str(_("records you have no access to")) if hidden else None
