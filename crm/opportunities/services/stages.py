"""Moves between stages. Source: spec 7.2 and 7.3."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import TypedDict, Unpack

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.accounts.models import Account, LostReason
from crm.accounts.services.prospects import become_client
from crm.accounts.services.reasons import check_reason
from crm.companies.days import today
from crm.companies.moves import Move, Moves
from crm.companies.vocabulary import default_row, first_of_kind
from crm.core import rows
from crm.core.datamodel.saving import update_row
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.types import utcnow
from crm.opportunities.models import Opportunity, Stage, StageKind
from crm.opportunities.queries import open_stages
from crm.opportunities.signals import stage_changed

FULL, NOTHING = 100, 0  # per cent


class Outcome(TypedDict, total=False):
    """The fields that are set when an opportunity is won or lost."""

    amount: Decimal | None  # without VAT, in the opportunity's currency
    recurring_amount: Decimal | None
    recurring_period: int  # in months
    recurring_duration: int | None  # in months
    closed_on: date | None  # a day in the company's time zone; today where it is not given
    account: Account | None
    lost_reason: LostReason | None
    lost_comment: str | None


def default_stage() -> Stage:
    """The stage of new opportunities."""
    return default_row(Stage, "opportunity_default_stage_id")


def _open(opportunity: Opportunity, to: Stage) -> None:
    opportunity.probability, opportunity.stage_since = to.probability, utcnow()
    opportunity.closed_on = None
    opportunity.lost_reason = opportunity.lost_comment = None  # the journal keeps them


def _close(opportunity: Opportunity, probability: int) -> None:
    opportunity.probability, opportunity.stage_since = probability, utcnow()
    opportunity.open_stage = opportunity.stage
    if opportunity.closed_on is None:
        opportunity.closed_on = today(opportunity.company.time_zone)


def _win(opportunity: Opportunity, to: Stage) -> None:
    _close(opportunity, FULL)
    if opportunity.account is not None:
        become_client(opportunity.account)


def _lose(opportunity: Opportunity, to: Stage) -> None:
    _close(opportunity, NOTHING)
    check_reason(
        opportunity, "for_opportunities", _("This reason does not apply to opportunities.")
    )


MOVES = Moves(
    state="stage",
    table={
        (StageKind.OPEN, StageKind.OPEN): Move(_open),
        (StageKind.OPEN, StageKind.WON): Move(_win, needs=("account", "closed_on")),
        (StageKind.OPEN, StageKind.LOST): Move(_lose, needs=("lost_reason", "closed_on")),
        (StageKind.WON, StageKind.OPEN): Move(_open),
        (StageKind.LOST, StageKind.OPEN): Move(_open),
    },
    refusal=lambda kinds: str(_("Reopen first.")),
    missing={
        "account": _l("Choose a client before winning the opportunity."),
        "lost_reason": _l("Choose a reason."),
    },
    changed=stage_changed,
)


def move(
    opportunity: Opportunity,
    to: Stage,
    *,
    cancel_events: bool = False,
    cancel_quotes: bool = False,
    **outcome: Unpack[Outcome],
) -> None:
    """Put an opportunity in the stage `to` with its outcome; see `Moves.make` (spec 7.2, 7.3)."""
    cancelled = {"cancel_events": cancel_events, "cancel_quotes": cancel_quotes}
    MOVES.make(opportunity, to, outcome, **cancelled)


def stage_after(here: Stage, stages: Iterable[Stage]) -> Stage | None:
    """The next of the open `stages`; None from the last one, which winning follows (spec 7.2)."""
    place = (here.position, here.id)
    return next((one for one in stages if (one.position, one.id) > place), None)


def next_stage(opportunity: Opportunity) -> None:
    """Move to the next open stage. Raises DomainError where it is closed or in the last one."""
    _require_open(opportunity)
    after = stage_after(opportunity.stage, db.session.scalars(open_stages()))
    if after is None:
        raise DomainError(_("This is the last open stage; win or lose the opportunity."))
    move(opportunity, after)
    update_row(opportunity, {})


def closing_refusal(opportunity: Opportunity) -> str:
    """Why this opportunity can be neither won nor lost; "" where it can."""
    return _("Reopen first.") if opportunity.is_closed else ""


def _require_open(opportunity: Opportunity) -> None:
    if refusal := closing_refusal(opportunity):
        raise DomainError(refusal, field="stage")


def win(
    opportunity: Opportunity,
    *,
    also_lose: Sequence[Opportunity] = (),
    losing: Outcome | None = None,
    **outcome: Unpack[Outcome],
) -> None:
    """Win an opportunity, and lose others of its account for one reason. Raises DomainError."""
    _require_open(opportunity)
    move(opportunity, first_of_kind(Stage, StageKind.WON), **outcome)
    for other in also_lose:
        lose(other, **(losing or {}))
    update_row(opportunity, {})


def lose(
    opportunity: Opportunity,
    *,
    cancel_events: bool = False,
    cancel_quotes: bool = False,
    **outcome: Unpack[Outcome],
) -> None:
    """Lose an opportunity, for a reason. Raises DomainError on `lost_reason`, `lost_comment`."""
    _require_open(opportunity)
    lost = first_of_kind(Stage, StageKind.LOST)
    move(opportunity, lost, cancel_events=cancel_events, cancel_quotes=cancel_quotes, **outcome)
    update_row(opportunity, {})


def reopen(opportunity: Opportunity) -> None:
    """Back to the last open stage, with its probability. Raises DomainError where it is open."""
    if not opportunity.is_closed:
        raise DomainError(_("This opportunity is already open."))
    last = opportunity.open_stage
    move(opportunity, last if last is not None and last.is_offered else default_stage())
    update_row(opportunity, {})


def others_of_account(opportunity: Opportunity) -> list[Opportunity]:
    """The other open opportunities of its account, which the Win dialog lists."""
    if opportunity.account_id is None:
        return []
    statement = (
        select(Opportunity)
        .join(Stage, Stage.id == Opportunity.stage_id)
        .where(
            Opportunity.account_id == opportunity.account_id,
            Opportunity.id != opportunity.id,
            Stage.kind == StageKind.OPEN,
        )
    )
    return list(db.session.scalars(statement.order_by(Opportunity.id)))


def losable(opportunity: Opportunity) -> list[Opportunity]:
    """Those of `others_of_account` that the actor may edit."""
    others = others_of_account(opportunity)
    allowed = rows.allowed(db.session(), "edit", others) if others else set()
    return [other for other in others if other.id in allowed]
