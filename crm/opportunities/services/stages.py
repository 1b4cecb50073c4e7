"""From stage to stage, by one way in for page, import and API. Source: spec 7.2 and 7.3."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TypedDict, Unpack

from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import Account
from crm.accounts.services.account import become_client
from crm.companies.days import today
from crm.companies.remembered import remembered
from crm.companies.settings import setting
from crm.core.datamodel.saving import update_row
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.types import utcnow
from crm.opportunities.models import MOVES, LostReason, Opportunity, Stage, StageKind
from crm.opportunities.signals import stage_changed

FULL, NOTHING = 100, 0  # per cent


class Outcome(TypedDict, total=False):
    """What winning or losing asks for."""

    amount: Decimal | None  # without VAT, in the opportunity's currency
    closed_on: date | None  # a day in the company's time zone; today where it is not given
    account: Account | None
    lost_reason: LostReason | None
    lost_comment: str | None


def default_stage() -> Stage:
    """Where new opportunities begin."""
    stage_id = setting("opportunity_default_stage_id")
    return remembered(("stage", stage_id), lambda: db.session.get_one(Stage, stage_id))


def move(
    opportunity: Opportunity,
    to: Stage,
    *,
    cancel_events: bool = False,
    **outcome: Unpack[Outcome],
) -> None:
    """Put an opportunity in the stage `to`, filling in its outcome first; None empties a field.

    Raises DomainError, on the field concerned, where the stage is no longer in use, the move is
    not in MOVES, or the move needs a field that is still empty. Source: spec 7.2 and 7.3.
    """
    before = opportunity.stage
    if to is before:
        return  # a card dropped where it was is not news
    if not to.active:
        raise DomainError(_("This stage is no longer in use."), field="stage")
    needed = MOVES.get((before.kind, to.kind))
    if needed is None:
        raise DomainError(_("Reopen first."), field="stage")
    for name, value in outcome.items():
        setattr(opportunity, name, value)  # a refusal below undoes it, with the transaction
    _close_or_open(opportunity, to)
    _require(opportunity, needed)
    _check_reason(opportunity, to)
    if before.kind == StageKind.OPEN:
        opportunity.open_stage = before
    opportunity.stage, opportunity.stage_since = to, utcnow()
    if to.kind == StageKind.WON and opportunity.account is not None:
        become_client(opportunity.account)
    stage_changed.send(opportunity, before=before, after=to, cancel_events=cancel_events)


def _close_or_open(opportunity: Opportunity, to: Stage) -> None:
    if to.kind == StageKind.OPEN:
        opportunity.probability = to.probability
        opportunity.closed_on = None
        opportunity.lost_reason = opportunity.lost_comment = None  # the journal keeps them
        return
    opportunity.probability = FULL if to.kind == StageKind.WON else NOTHING
    if opportunity.closed_on is None:
        opportunity.closed_on = today(opportunity.company.time_zone)


def _require(opportunity: Opportunity, names: Sequence[str]) -> None:
    missing = [name for name in names if getattr(opportunity, name) is None]
    if not missing:
        return
    messages = {
        "account": _("Choose a client before winning the opportunity."),
        "lost_reason": _("Choose a reason."),
    }
    raise DomainError(fields={name: messages.get(name, _("Required field")) for name in missing})


def _check_reason(opportunity: Opportunity, to: Stage) -> None:
    reason = opportunity.lost_reason
    if to.kind != StageKind.LOST or reason is None:
        return
    if not reason.active or not reason.for_opportunities:
        raise DomainError(_("This reason is not for opportunities."), field="lost_reason")
    if reason.free_text and not opportunity.lost_comment:
        raise DomainError(_("This reason asks for a comment."), field="lost_comment")


def closing_refusal(opportunity: Opportunity) -> str:
    """Why this opportunity can be neither won nor lost; "" where it can."""
    kind = opportunity.stage.kind
    if kind == StageKind.WON:
        return _("This opportunity is won; reopen it first.")
    return _("This opportunity is lost; reopen it first.") if kind == StageKind.LOST else ""


def win(
    opportunity: Opportunity,
    *,
    also_lose: Sequence[Opportunity] = (),
    losing: Outcome | None = None,
    **outcome: Unpack[Outcome],
) -> None:
    """Win an opportunity, and lose others of its account for one reason. Raises DomainError."""
    move(opportunity, _stage_of(StageKind.WON), **outcome)
    for other in also_lose:
        lose(other, **(losing or {}))
    update_row(opportunity, {})


def lose(
    opportunity: Opportunity, *, cancel_events: bool = False, **outcome: Unpack[Outcome]
) -> None:
    """Lose an opportunity, for a reason. Raises DomainError on `lost_reason`, `lost_comment`."""
    move(opportunity, _stage_of(StageKind.LOST), cancel_events=cancel_events, **outcome)
    update_row(opportunity, {})


def reopen(opportunity: Opportunity) -> None:
    """Back to the last open stage, with its probability. Raises DomainError where it is open."""
    if not opportunity.is_closed:
        raise DomainError(_("This opportunity is open already."))
    last = opportunity.open_stage
    move(opportunity, last if last is not None and last.is_offered else default_stage())
    update_row(opportunity, {})


def _stage_of(kind: StageKind) -> Stage:
    """The first stage of this kind that is in use."""

    def read() -> Stage:
        statement = select(Stage).where(Stage.kind == kind, Stage.active.is_(True))
        return db.session.scalars(statement.order_by(Stage.position, Stage.id).limit(1)).one()

    return remembered(("stage", kind), read)


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
