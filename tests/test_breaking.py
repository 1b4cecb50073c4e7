"""The breaker of acts finds what is half done, and lets through what is not."""

import pytest
from flask import Flask
from sqlalchemy import select

from crm.accounts.models import LostReason
from crm.leads import services
from crm.leads.models import Lead
from tests.breaking import broken_everywhere
from tests.factories import make, word
from tests.fixtures import Acting


@pytest.mark.both
def test_a_lead_is_lost_whole_or_not_at_all(app: Flask, acting: Acting) -> None:
    with acting("claire"):
        make(Lead)

    def lose() -> None:
        with acting("claire") as session:
            lead = session.scalars(select(Lead)).one()
            services.lose(lead, lost_reason=word(LostReason, "Price"), lost_comment=None)

    assert broken_everywhere(app, lose) > 5
    with acting("claire") as session:
        assert session.scalars(select(Lead)).one().lost_on is not None


def test_an_act_of_two_transactions_is_found(app: Flask, acting: Acting) -> None:
    def make_two() -> None:
        for _ in range(2):
            with acting("claire"):
                make(Lead)

    with pytest.raises(AssertionError, match="half done"):
        broken_everywhere(app, make_two)
