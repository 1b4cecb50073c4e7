"""A duplicate of an opportunity. Source: spec 7.3."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from crm.accounts.models import Account, Contact, LostReason, Source, Tag
from crm.companies.days import today
from crm.core.db import db
from crm.opportunities import services
from crm.opportunities.models import Opportunity
from crm.quotes.models import Quote
from tests.factories import again, make, person, save, word
from tests.fixtures import Acting, Cast, Client
from tests.pressing import press

pytestmark = pytest.mark.both
AsUser = Callable[[str], Client]


@pytest.mark.accept("A-54")
def test_a_duplicate_of_a_lost_one_is_a_clean_open_one_of_mine(acting: Acting, cast: Cast) -> None:
    with acting("marc"):
        account = make(Account)
        contact = make(Contact, links=[{"account": account}])
        deal = make(
            Opportunity, account=account, contact=contact, amount=Decimal(900), memo="Attention",
            owner=person(cast.hugo), probability=35, expected_close_on=today() + timedelta(days=9),
            recurring_amount=Decimal(10), recurring_duration=6, source=word(Source, "Website"),
        )  # fmt: skip
        make(Quote, opportunity=deal, account=account)
        services.lose(deal, lost_reason=word(LostReason, "Other"), lost_comment="Trop tard")
    with acting("marc"):
        made = services.duplicate(again(deal))
        assert (made.reference, made.name, str(made.stage)) == ("O0002", "Projet Alpha", "New")
        assert (made.probability, made.owner_id) == (10, cast.marc)
        assert (made.lost_reason, made.lost_comment, made.closed_on) == (None, None, None)
        assert (made.account_id, made.contact_id) == (account.id, contact.id)
        assert (made.amount, made.recurring_amount, made.recurring_duration) == (900, 10, 6)
        assert (made.memo, made.expected_close_on) == ("Attention", deal.expected_close_on)
        assert str(made.source) == "Website"
        assert [one.opportunity_id for one in db.session.scalars(select(Quote))] == [deal.id]


def test_it_leaves_out_what_is_over_or_no_longer_offered(acting: Acting) -> None:
    with acting("alice"):
        old, new = make(Tag, name={"en": "Old"}), make(Tag, name={"en": "New"})
    with acting("marc"):
        source = word(Source, "Website")
        yesterday = today() - timedelta(days=1)
        deal = make(Opportunity, source=source, tags=[old, new], expected_close_on=yesterday)
    with acting("alice"):
        save(word(Source, "Website"), active=False)
        save(again(old), active=False)
    with acting("marc"):
        made = services.duplicate(again(deal))
        assert (made.source, made.expected_close_on) == (None, None)
        assert [str(tag) for tag in made.tags] == ["New"]


def test_who_may_only_read_it_gets_no_memo(as_user: AsUser, acting: Acting, cast: Cast) -> None:
    with acting("hugo"):
        deal = make(Opportunity, memo="Entre nous")
    claire = as_user("claire")
    answer = press(claire, f"/opportunities/duplicate/{deal.id}")
    assert answer.status_code == 303
    with acting("claire"):
        made = db.session.scalars(select(Opportunity).where(Opportunity.id != deal.id)).one()
        assert (made.owner_id, made.memo) == (cast.claire, None)
        assert answer.headers["Location"] == f"/opportunities/show/{made.id}"


def test_not_by_whom_it_is_out_of_reach_nor_by_who_may_not_create(
    as_user: AsUser, acting: Acting
) -> None:
    with acting("hugo"):
        deal = make(Opportunity)
    assert as_user("olga").post(f"/opportunities/duplicate/{deal.id}").status_code == 404
    assert as_user("audrey").post(f"/opportunities/duplicate/{deal.id}").status_code == 403
    assert (
        "/opportunities/duplicate"
        not in as_user("audrey").get(f"/opportunities/show/{deal.id}").text
    )
