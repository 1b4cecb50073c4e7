"""Allowed moves between stages."""

from decimal import Decimal

import pytest

from crm.opportunities.models import Opportunity, StageKind
from crm.opportunities.services.stages import MOVES

OPEN, WON, LOST = StageKind.OPEN, StageKind.WON, StageKind.LOST


@pytest.mark.accept("A-49")
def test_won_and_lost_do_not_lead_to_each_other() -> None:
    assert (WON, LOST) not in MOVES.table
    assert (LOST, WON) not in MOVES.table


def test_a_closed_opportunity_only_reopens() -> None:
    assert {after for before, after in MOVES.table if before in (WON, LOST)} == {OPEN}


@pytest.mark.accept("A-98")
def test_winning_needs_an_account_and_losing_a_reason() -> None:
    assert "account" in MOVES.table[OPEN, WON].needs
    assert "lost_reason" in MOVES.table[OPEN, LOST].needs
    assert MOVES.table[OPEN, OPEN].needs == ()


@pytest.mark.accept("A-50")
def test_the_weighted_amount_is_the_likely_part_of_the_total() -> None:
    opportunity = Opportunity(amount=Decimal("18500.00"), probability=35)
    assert opportunity.weighted_amount == Decimal("6475.00")


def test_the_weighted_amount_counts_recurring_revenue() -> None:
    opportunity = Opportunity(
        amount=Decimal("100.00"),
        probability=50,
        recurring_amount=Decimal("10.01"),
        recurring_period=1,
        recurring_duration=1,
    )
    assert opportunity.weighted_amount == Decimal("55.01")  # 55.005, half up
