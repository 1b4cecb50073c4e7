"""How long an opportunity was in each stage, kept whatever moves it. Source: spec 7.2."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from itertools import pairwise

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from crm.accounts.models import Account, LostReason
from crm.core.db import db
from crm.core.errors import DomainError
from crm.opportunities import services
from crm.opportunities.models import Opportunity, Stage, StageTime
from tests.factories import again, make, remove, save, word
from tests.fixtures import Acting, Client

pytestmark = pytest.mark.both
Stays = Callable[[str], list[tuple[str, bool]]]
Everything = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def stays(everything: Everything) -> Stays:
    """`stays("O0001")`: (stage, whether it was left) of each stay, in order."""

    def of(reference: str) -> list[tuple[str, bool]]:
        asked = select(StageTime).join(Opportunity).where(Opportunity.reference == reference)
        with everything() as session:
            found = session.scalars(asked.order_by(StageTime.id)).all()
            for before, after in pairwise(found):
                assert before.left_at == after.entered_at
            return [(one.stage.name.get("en"), one.left_at is not None) for one in found]

    return of


def test_every_move_ends_a_stay_and_begins_one(acting: Acting, stays: Stays) -> None:
    with acting("claire"):
        deal = make(Opportunity, account=make(Account))
    assert stays("O0001") == [("New", False)]
    with acting("claire"):
        save(again(deal), stage=word(Stage, "Proposal"))
    with acting("claire"):
        save(again(deal), name="Projet Beta")
    with acting("claire"):
        services.win(again(deal))
    with acting("claire"):
        services.reopen(again(deal))
    assert stays("O0001") == [
        ("New", True), ("Proposal", True), ("Won", True), ("Proposal", False),
    ]  # fmt: skip
    with acting("claire"):
        assert again(deal).stage_since == _present().entered_at


def _present() -> StageTime:
    return db.session.scalars(select(StageTime).where(StageTime.left_at.is_(None))).one()


def test_two_moves_in_one_transaction_are_two_stays(acting: Acting, stays: Stays) -> None:
    with acting("claire"):
        deal = make(Opportunity)
        services.next_stage(deal)
        services.lose(deal, lost_reason=word(LostReason, "Price"))
    assert stays("O0001") == [("New", True), ("Qualification", True), ("Lost", False)]


def test_a_stage_that_one_has_been_in_is_used_by_that_one(acting: Acting) -> None:
    with acting("claire"):
        deal = make(Opportunity)
        services.next_stage(deal)
        services.next_stage(deal)
    with acting("alice") as session:
        with pytest.raises(DomainError) as no:
            remove(word(Stage, "Qualification"))
        session.rollback()
    assert no.value.message == "Used by 1 record; deactivate it instead."


def test_the_record_shows_days_by_stage_once_there_are_two(
    as_user: Callable[[str], Client], acting: Acting, everything: Everything
) -> None:
    with acting("claire"):
        deal = make(Opportunity)
    claire, url = as_user("claire"), f"/opportunities/show/{deal.id}"
    assert "Time in each stage" not in claire.get(url).text
    with acting("claire"):
        services.next_stage(again(deal))
    with everything() as session:
        first = session.scalars(select(StageTime).where(StageTime.left_at.is_not(None))).one()
        first.entered_at -= timedelta(days=12)
    page = claire.get(url).text
    panel = page.partition("Time in each stage")[2].partition("</section>")[0]
    assert [one in panel for one in ("New", "Qualification", "12 days")] == [True] * 3


def test_the_migration_reads_the_journal(app: Flask, acting: Acting, stays: Stays) -> None:
    with acting("claire"):
        deal = make(Opportunity, account=make(Account))
        make(Opportunity, name="Projet Beta")
    with acting("claire"):
        save(again(deal), stage=word(Stage, "Negotiation"))
    with acting("claire"):
        services.win(again(deal))
    was = stays("O0001")
    with app.app_context():
        db.session.remove()
        with (
            db.engine.begin() as connection
        ):  # as if it had been entered before there was a journal
            connection.execute(text("DELETE FROM journal WHERE row_id <> :id"), {"id": deal.id})
        downgrade(revision="0046")
        upgrade()
        db.session.remove()
    assert stays("O0001") == was == [("New", True), ("Negotiation", True), ("Won", False)]
    assert stays("O0002") == [("New", False)]
