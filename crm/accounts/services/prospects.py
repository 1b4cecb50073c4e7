"""The statuses of prospects, and becoming a client. Source: spec 5.1 and 5.6."""

from typing import TypedDict, Unpack

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.accounts.models import (
    Account,
    AccountKind,
    LostReason,
    ProspectStatus,
    ProspectStatusKind,
)
from crm.accounts.services.reasons import LOSS, check_reason
from crm.companies.moves import Move, Moves
from crm.companies.vocabulary import default_row, first_of_kind
from crm.core.datamodel.saving import update_row
from crm.core.errors import DomainError

OPEN, WON, LOST = ProspectStatusKind.OPEN, ProspectStatusKind.WON, ProspectStatusKind.LOST
# Set by Lose only, but accepted when a prospect is created in a lost status.
OUTCOME = LOSS


class Outcome(TypedDict, total=False):
    """The fields that are set when a prospect is lost."""

    lost_reason: LostReason | None
    lost_comment: str | None


def default_status() -> ProspectStatus:
    """The status of new prospects."""
    return default_row(ProspectStatus, "prospect_default_status_id")


def become_client(account: Account) -> None:
    """Make a prospect a client, whatever its status; a client stays one. Source: spec 5.1."""
    if account.kind is not AccountKind.CLIENT:
        account.prospect_status = first_of_kind(ProspectStatus, WON)
        _win(account, account.prospect_status)


def _win(account: Account, to: ProspectStatus) -> None:
    account.kind = AccountKind.CLIENT
    _open(account, to)


def _open(account: Account, to: ProspectStatus) -> None:
    account.lost_reason = account.lost_comment = None  # the journal keeps them


def _lose(account: Account, to: ProspectStatus) -> None:
    check_reason(account, "for_prospects", _("This reason does not apply to prospects."))


MOVES = Moves(
    state="prospect_status",
    table={
        (OPEN, OPEN): Move(_open),
        (OPEN, WON): Move(_win),
        (OPEN, LOST): Move(_lose, needs=("lost_reason",)),
        (LOST, OPEN): Move(_open),
    },
    refusal=lambda kinds: closed_refusal(kinds[0]),
    missing={"lost_reason": _l("Choose a reason.")},
)


def change_status(account: Account, to: ProspectStatus, **outcome: Unpack[Outcome]) -> None:
    """Put a prospect in the status `to` with its outcome; see `Moves.make` (spec 5.6)."""
    if account.prospect_status is None:
        raise DomainError(_("Only a prospect has a status."), field="prospect_status")
    MOVES.make(account, to, outcome)


def closed_refusal(kind: str) -> str:
    """Why a prospect of this kind of status can be neither won nor lost."""
    if kind == WON:
        return str(_("A client cannot become a prospect again."))
    return str(_("This prospect is lost; reopen it first."))


def closing_refusal(account: Account) -> str:
    """Why this account can be neither won nor lost; "" where it can."""
    if account.kind is AccountKind.CLIENT or account.prospect_status is None:
        return closed_refusal(WON)
    kind = account.prospect_status.kind
    return "" if kind == OPEN else closed_refusal(kind)


def win(account: Account) -> None:
    """Make an open prospect a client. Raises DomainError where it is closed."""
    _require_open(account)
    change_status(account, first_of_kind(ProspectStatus, WON))
    update_row(account, {})


def lose(account: Account, **outcome: Unpack[Outcome]) -> None:
    """Lose a prospect, for a reason. Raises DomainError on `lost_reason`, `lost_comment`."""
    _require_open(account)
    change_status(account, first_of_kind(ProspectStatus, LOST), **outcome)
    update_row(account, {})


def reopen(account: Account) -> None:
    """Back to the default status. Raises DomainError where the prospect is not lost."""
    if account.prospect_status is None or account.prospect_status.kind != LOST:
        raise DomainError(_("Only a lost prospect can be reopened."))
    change_status(account, default_status())
    update_row(account, {})


def _require_open(account: Account) -> None:
    if refusal := closing_refusal(account):
        raise DomainError(refusal, field="prospect_status")
