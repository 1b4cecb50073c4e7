"""Statements of the opportunities' pages."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from crm.accounts.models import Account
from crm.core.datamodel.arithmetic import sum_of
from crm.core.db import db
from crm.opportunities.models import Opportunity, Stage, StageKind, StageTime

MOST_STAYS = 500
Sums = Select[tuple[str, StageKind, Decimal]]


def open_stages() -> Select[tuple[Stage]]:
    """The open stages, in order, for the stage bar."""
    return (
        select(Stage)
        .where(Stage.active.is_(True), Stage.kind == StageKind.OPEN)
        .order_by(Stage.position, Stage.id)
    )


def amounts_of(account: Account) -> Sums:
    """(currency, kind of stage, sum) of an account's opportunities in progress and won."""
    return _summed().where(Opportunity.account_id == account.id)


def amounts_by_account(ids: Sequence[int]) -> Select[tuple[str, StageKind, Decimal, int]]:
    """(currency, kind of stage, sum, account id) of the opportunities of these accounts."""
    mine = _summed().where(Opportunity.account_id.in_(ids))
    return mine.add_columns(Opportunity.account_id).group_by(Opportunity.account_id)


def _summed() -> Sums:
    kinds = (StageKind.OPEN, StageKind.WON)
    total: Any = sum_of(Opportunity.amount, db.session().get_bind().dialect.name)
    return (
        select(Opportunity.currency, Stage.kind, total)
        .join(Stage, Stage.id == Opportunity.stage_id)
        .where(Stage.kind.in_(kinds))
        .group_by(Opportunity.currency, Stage.kind)
        .order_by(Stage.kind, Opportunity.currency)
    )


def stays_of(opportunity: Opportunity) -> Select[tuple[StageTime]]:
    """The latest stays of an opportunity in its stages, with these; newest first."""
    return (
        select(StageTime)
        .where(StageTime.opportunity_id == opportunity.id)
        .options(joinedload(StageTime.stage))
        .order_by(StageTime.id.desc())
        .limit(MOST_STAYS)
    )
