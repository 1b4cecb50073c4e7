"""Hand over one account, with or without its open work. Source: spec 1.3 and 5.5."""

from collections.abc import Collection
from typing import Any

from flask_babel import gettext as _

from crm.accounts.models import Account
from crm.accounts.services import account as accounts
from crm.companies.handover import OWNER, along_with, keys_along
from crm.companies.handover import hand_over as hand_over_held
from crm.core.actor import Scope, current_actor
from crm.core.errors import DomainError, Forbidden


def may_hand_over() -> bool:
    """Whether the actor edits accounts with scope company or more."""
    return current_actor().widest_scope("edit", Account.__entity__) >= Scope.COMPANY


def kinds_along() -> list[str]:
    """The kinds of open work that may go along, by their keys in crm.holdings."""
    return keys_along(OWNER)


def hand_over(account: Account, *, owner: Any = None, along: Collection[str] = ()) -> None:
    """Give an account to `owner`, and of its open work the kinds in `along` (`kinds_along`).

    Raises Forbidden, and DomainError on `owner` where they may not own one of the records.
    """
    if not may_hand_over():
        raise Forbidden(_("You are not allowed to hand over accounts."))
    if owner is None:
        raise DomainError(_("Required field"), field=OWNER)
    accounts.update(account, {OWNER: owner})
    held = [one for one in along_with(account.id, OWNER) if one.holding.key in along]
    hand_over_held(held, OWNER, owner)
