"""A win is all or nothing, wherever it is broken off. Source: spec 7.3."""

from datetime import date

import pytest
from flask import Flask

from crm.accounts.models import Account, AccountKind, LostReason
from crm.opportunities import services
from crm.opportunities.models import Opportunity
from tests.breaking import broken_everywhere
from tests.factories import again, make, word
from tests.fixtures import Acting

pytestmark = pytest.mark.both


@pytest.mark.accept("A-47")
def test_a_win_that_loses_others_is_done_whole_or_not_at_all(app: Flask, acting: Acting) -> None:
    with acting("claire"):
        account = make(Account, kind=AccountKind.PROSPECT)
        won, lost, left = (make(Opportunity, name=name, account=account) for name in "ABC")

    def win() -> None:
        with acting("claire"):
            losing: services.Outcome = {"lost_reason": word(LostReason, "Price")}
            others = [again(lost)]
            services.win(again(won), also_lose=others, losing=losing, closed_on=date(2027, 1, 15))

    assert broken_everywhere(app, win) > 10
    with acting("claire"):
        assert [str(again(one).stage) for one in (won, lost, left)] == ["Won", "Lost", "New"]
        assert again(won).account.kind == AccountKind.CLIENT
