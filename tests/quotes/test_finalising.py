"""Finalising gives a number without gaps, all or nothing. Source: spec 8.2, 8.4 and 8.5."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Account, LostReason
from crm.companies.actors import load_actor
from crm.companies.models import AppSettings, CompanySettings
from crm.core.actor import acting_as
from crm.core.db import transaction
from crm.core.errors import DomainError
from crm.opportunities import services as opportunities
from crm.opportunities.models import Opportunity, Stage
from crm.quotes.models import LineKind, Quote, QuoteStatus
from crm.quotes.services import finalising, moves
from crm.quotes.services.finalising import Outdated, Prepared, finalise
from tests.breaking import broken_everywhere
from tests.factories import again, make, remove, save, word
from tests.fixtures import Acting, Cast, Client
from tests.processes import in_processes
from tests.quotes.test_services import item
from tests.quotes.test_states import YEAR, in_status

pytestmark = pytest.mark.both

Everything = Callable[[], AbstractContextManager[Session]]


def numbered(number: int, year: int = YEAR) -> str:
    return f"D-{year}-{number:05}"


def draft(**values: Any) -> Quote:
    return in_status(QuoteStatus.DRAFT, **values)


def refused(act: Callable[..., object], *args: Any, **known: Any) -> dict[str, str]:
    with pytest.raises(DomainError) as no:
        act(*args, **known)
    return {**no.value.fields, **({"": no.value.message} if no.value.message else {})}


@pytest.mark.accept("A-59")
def test_a_number_is_given_in_order_and_stays_with_a_cancelled_quote(acting: Acting) -> None:
    with acting("claire"):
        first, second, third = draft(), draft(), draft()
        finalise(first)
        moves.cancel(first, cancellation_reason="Doublon")
        finalise(second)
        remove(third)
        fourth = draft()
        finalise(fourth)
    assert [q.reference for q in (first, second, fourth)] == [numbered(n) for n in (1, 2, 3)]
    assert (first.status, third.number) == (QuoteStatus.CANCELLED, None)


@pytest.mark.accept("A-59")
def test_finalising_needs_an_item(acting: Acting) -> None:
    with acting("claire") as session:
        empty = make(Quote, account=make(Account))
        titled = make(
            Quote, account=make(Account), lines=[{"kind": LineKind.SECTION, "label": "Matériel"}]
        )
        for quote in (empty, titled):
            assert refused(finalise, quote) == {"lines": "Add at least one item line."}
        session.rollback()


def test_the_year_is_that_of_the_quote_date_and_the_prefix_the_companys(
    acting: Acting, everything: Everything, cast: Cast
) -> None:
    with everything() as session:
        settings = session.scalars(
            select(CompanySettings).where(CompanySettings.company_id == cast.france)
        ).one()
        settings.quote_prefix, settings.quote_padding = "DEV", 3
    with acting("claire"):
        quotes = [draft(issued_on=date(year, 12, 31)) for year in (2027, 2026, 2027)]
        for quote in quotes:
            finalise(quote)
        assert [q.number for q in quotes] == ["DEV-2027-001", "DEV-2026-001", "DEV-2027-002"]


@pytest.mark.accept("A-26")
def test_each_company_counts_for_itself(acting: Acting, cast: Cast) -> None:
    with acting("claire"):
        here = in_status(QuoteStatus.FINALISED)
    with acting("olga"):
        there = in_status(QuoteStatus.FINALISED)
    assert here.number == there.number == numbered(1)
    assert here.company_id != there.company_id


def test_a_total_of_zero_is_confirmed(acting: Acting) -> None:
    with acting("claire") as session:
        quote = make(Quote, account=make(Account), lines=[item("1", "0")])
        session.commit()
        assert list(refused(finalise, quote)) == ["total_incl"]
        session.rollback()
        finalise(again(quote), accept_zero=True)
        assert again(quote).status == QuoteStatus.FINALISED


@pytest.mark.accept("A-60")
@pytest.mark.parametrize(
    ("before", "after"),
    [("Qualification", "Proposal"), ("Negotiation", "Negotiation"), ("Proposal", "Proposal"),
     ("Lost", "Lost"), ("Won", "Won")],
)  # fmt: skip
def test_its_opportunity_moves_forward_only(acting: Acting, before: str, after: str) -> None:
    with acting("claire"):
        deal = make(Opportunity, account=make(Account))
        quote = draft(opportunity=deal, account=deal.account)
        if before == "Lost":
            opportunities.lose(deal, lost_reason=word(LostReason, "Price"))
        else:
            save(deal, stage=word(Stage, before))
        finalise(quote)
        assert again(deal).stage is word(Stage, after)


def test_without_a_stage_for_it_no_opportunity_moves(
    acting: Acting, everything: Everything
) -> None:
    with everything() as session:
        session.get_one(AppSettings, 1).proposal_stage = None
    with acting("claire"):
        deal = make(Opportunity, account=make(Account))
        finalise(draft(opportunity=deal, account=deal.account))
        assert again(deal).stage is word(Stage, "New")


def test_a_number_that_was_given_meanwhile_is_not_taken(acting: Acting) -> None:
    with acting("claire") as session:
        late, soon = draft(), draft()
        session.commit()
        prepared = finalising.prepare(late)
        finalise(soon)
        session.commit()
        with pytest.raises(Outdated):
            finalise(again(late), prepared)
        session.rollback()
        finalise(again(late), finalising.prepare(again(late)))
        assert again(late).number == numbered(2)


def _finalised(app: Flask, user_id: int, pk: int) -> str:
    """What a request does, in a thread or process of its own."""
    with app.app_context(), acting_as(load_actor(user_id)):

        def act(quote: Quote, prepared: Prepared) -> str:
            with transaction():
                finalise(quote, prepared)
                return quote.reference

        return finalising.finalised(lambda: again(Quote(id=pk)), act)


def test_broken_off_anywhere_nothing_is_done_and_the_second_try_goes_through(
    app: Flask, acting: Acting, cast: Cast, everything: Everything
) -> None:
    with acting("claire"):
        deal = make(Opportunity, account=make(Account))
        quote = draft(opportunity=deal, account=deal.account)
    assert broken_everywhere(app, lambda: _finalised(app, cast.claire, quote.id)) > 5
    with everything() as session:
        done = session.get_one(Quote, quote.id)
        assert (done.number, done.status) == (numbered(1), QuoteStatus.FINALISED)
        assert session.get_one(Opportunity, deal.id).stage.name.get("en") == "Proposal"


@pytest.mark.slow("twenty at once")
@pytest.mark.accept("A-59")
def test_twenty_at_once_get_twenty_numbers(app: Flask, acting: Acting, cast: Cast) -> None:
    with acting("claire"):
        pks = [draft().id for _number in range(20)]
    given: list[str] = []

    def run(pk: int) -> None:
        given.append(_finalised(app, cast.claire, pk))

    threads = [threading.Thread(target=run, args=(pk,)) for pk in pks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == [numbered(number) for number in range(1, 21)]


@pytest.mark.slow("finalisations from several processes")
@pytest.mark.accept("A-59")
def test_several_processes_give_no_number_twice(
    app: Flask, acting: Acting, cast: Cast, everything: Everything
) -> None:
    """Without the lock within a process: the counter decides, and who is late tries again."""
    with acting("claire"):
        pks = [draft().id for _number in range(20)]
        finalise(draft())  # so that the tables that the others write are known to be written
    shares = [(cast.claire, pks[number::4]) for number in range(4)]
    given = [number for told in in_processes(app, _all_finalised, shares) for number in told]
    expected = [numbered(number) for number in range(2, 22)]
    assert sorted(given) == expected
    with everything() as session:
        numbers = session.scalars(select(Quote.number).order_by(Quote.number))
        assert list(numbers) == [numbered(1), *expected]


def _all_finalised(app: Flask, user_id: int, pks: list[int]) -> list[str]:
    return [_finalised(app, user_id, pk) for pk in pks]


def test_the_dialog_says_what_becomes_of_the_opportunity(
    as_user: Callable[[str], Client], acting: Acting, everything: Everything
) -> None:
    with acting("claire"):
        deal = make(Opportunity, name="Presses", account=make(Account))
        quote = draft(opportunity=deal, account=deal.account)
    words = "The opportunity Presses moves to Proposal."
    asked = f"/quotes/finalise/{quote.id}"
    assert words in as_user("claire").get(asked).text
    with everything() as session:
        session.get_one(AppSettings, 1).proposal_stage.active = False
    assert words not in as_user("claire").get(asked).text
