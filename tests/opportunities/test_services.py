"""What can be done to an opportunity, as the specification tells it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Account, AccountKind, Contact, LostReason
from crm.calendar.models import Event, EventStatus
from crm.companies.models import Agency, AppSettings, CompanySettings
from crm.core.errors import DomainError, Forbidden
from crm.opportunities import services
from crm.opportunities.models import Opportunity, Stage
from tests.factories import again, make, person, save, word
from tests.fixtures import Acting, Cast

Everything = Callable[[], AbstractContextManager[Session]]


def refused(error: pytest.ExceptionInfo[DomainError]) -> dict[str, str]:
    return error.value.fields


@pytest.mark.accept("A-54")
def test_references_follow_per_company(acting: Acting) -> None:
    with acting("claire"):
        assert [make(Opportunity).reference for _ in range(2)] == ["O0001", "O0002"]
    with acting("olga"):
        assert make(Opportunity).reference == "O0001"


@pytest.mark.accept("A-54")
def test_ten_creations_at_once_give_ten_references(acting: Acting) -> None:
    def one(number: int) -> str:
        with acting("claire"):
            return str(make(Opportunity, name=f"Projet {number}").reference)

    with ThreadPoolExecutor(10) as pool:
        references = list(pool.map(one, range(10)))
    assert sorted(references) == [f"O{number:04d}" for number in range(1, 11)]


def test_the_numbering_of_the_company_is_obeyed(acting: Acting, everything: Everything) -> None:
    with everything() as session:
        settings = session.scalars(select(CompanySettings).order_by(CompanySettings.id)).first()
        assert settings is not None
        settings.opportunity_prefix, settings.opportunity_padding = "AFF-", 6
    with acting("claire"):
        assert make(Opportunity).reference == "AFF-000001"


def test_a_new_one_starts_in_the_default_stage_with_its_probability(acting: Acting) -> None:
    with acting("claire"):
        opportunity = make(Opportunity)
        assert str(opportunity.stage) == "New"
        assert opportunity.probability == 10
        assert opportunity.currency == "EUR"
        assert opportunity.closed_on is None


def test_the_account_says_contact_currency_source_and_owner(acting: Acting, cast: Cast) -> None:
    with acting("marc"):
        account = make(Account, currency="USD", owner=person(cast.hugo))
        contact = make(Contact, links=[{"account": account, "is_main": True}])
        opportunity = make(Opportunity, account=account)
        assert (opportunity.contact, opportunity.currency) == (contact, "USD")
        assert opportunity.owner_id == cast.hugo


@pytest.mark.accept("A-83")
def test_a_salesperson_owns_what_she_makes_on_a_colleagues_account(
    acting: Acting, cast: Cast
) -> None:
    with acting("hugo"):
        account = make(Account)
    with acting("claire"):
        assert make(Opportunity, account=again(account)).owner_id == cast.claire


def test_a_contact_with_one_account_fills_it(acting: Acting) -> None:
    with acting("claire"):
        account = make(Account)
        contact = make(Contact, links=[{"account": account}])
        assert make(Opportunity, contact=contact).account is account


def test_the_contact_must_be_of_the_account(acting: Acting) -> None:
    with acting("claire") as session:
        account, stranger = make(Account), make(Contact)
        with pytest.raises(DomainError) as no:
            make(Opportunity, account=account, contact=stranger)
        assert refused(no) == {"contact": "Choose a contact of this account."}
        session.rollback()


@pytest.mark.accept("A-82")
def test_an_account_of_another_company_is_refused_like_none(acting: Acting) -> None:
    with acting("olga"):
        foreign = make(Account)
    with acting("alice") as session:
        with pytest.raises(DomainError) as no:
            make(Opportunity, account=again(foreign), company=session.get(Account, foreign.id)
                 and _france(session))  # fmt: skip
        assert refused(no) == {"account": "Choose a value from the list."}
        session.rollback()


def _france(session: Session) -> object:
    from crm.companies.models import Company

    return session.scalars(select(Company).where(Company.code == "ACME-FR")).one()


@pytest.mark.parametrize(
    ("best", "worst", "field"), [("90", None, "best_case"), (None, "110", "worst_case")]
)
def test_the_amount_lies_between_worst_and_best(
    acting: Acting, best: str | None, worst: str | None, field: str
) -> None:
    with acting("claire") as session:
        with pytest.raises(DomainError) as no:
            make(
                Opportunity,
                amount=Decimal(100),
                best_case=best and Decimal(best),
                worst_case=worst and Decimal(worst),
            )
        assert list(refused(no)) == [field]
        session.rollback()


@pytest.mark.accept("A-48")
def test_losing_asks_for_a_reason(acting: Acting) -> None:
    with acting("claire") as session:
        opportunity = make(Opportunity)
        with pytest.raises(DomainError) as no:
            services.lose(opportunity)
        assert refused(no) == {"lost_reason": "Choose a reason."}
        session.rollback()


def test_other_asks_for_a_comment(acting: Acting) -> None:
    with acting("claire") as session:
        opportunity = make(Opportunity)
        session.commit()
        with pytest.raises(DomainError) as no:
            services.lose(opportunity, lost_reason=word(LostReason, "Other"))
        assert list(refused(no)) == ["lost_comment"]
        session.rollback()
        services.lose(
            opportunity, lost_reason=word(LostReason, "Other"), lost_comment="They closed"
        )
        assert (opportunity.probability, str(opportunity.stage)) == (0, "Lost")
        assert opportunity.closed_on is not None


def test_a_reason_for_leads_alone_is_refused(acting: Acting, everything: Everything) -> None:
    with everything():
        word(LostReason, "Duplicate").for_opportunities = False
    with acting("claire") as session:
        with pytest.raises(DomainError) as no:
            services.lose(make(Opportunity), lost_reason=word(LostReason, "Duplicate"))
        assert list(refused(no)) == ["lost_reason"]
        session.rollback()


@pytest.mark.accept("A-98")
def test_winning_asks_for_an_account(acting: Acting) -> None:
    with acting("claire") as session:
        opportunity = make(Opportunity)
        with pytest.raises(DomainError) as no:
            services.win(opportunity)
        words = "Choose a client before winning the opportunity."
        assert refused(no) == {"account": words}
        session.rollback()


@pytest.mark.accept("A-47")
def test_winning_makes_a_client_and_loses_only_the_ticked(acting: Acting) -> None:
    with acting("claire") as session:
        account = make(Account)
        first, second, third = (make(Opportunity, account=account) for _ in range(3))
        session.commit()
        assert services.others_of_account(first) == [second, third]
        services.win(
            first,
            amount=Decimal("20000.00"),
            closed_on=date(2027, 1, 31),
            also_lose=[second],
            losing={"lost_reason": word(LostReason, "Price")},
        )
        assert account.kind == AccountKind.CLIENT
        assert (first.probability, first.closed_on) == (100, date(2027, 1, 31))
        assert [str(row.stage) for row in (first, second, third)] == ["Won", "Lost", "New"]


@pytest.mark.accept("A-49")
def test_won_does_not_become_lost(acting: Acting) -> None:
    with acting("claire") as session:
        opportunity = make(Opportunity, account=make(Account))
        services.win(opportunity)
        session.commit()
        with pytest.raises(DomainError) as no:
            services.lose(opportunity, lost_reason=word(LostReason, "Price"))
        assert refused(no) == {"stage": "Reopen first."}
        session.rollback()


@pytest.mark.accept("A-49")
def test_reopening_leads_back_to_the_last_open_stage(acting: Acting) -> None:
    with acting("claire"):
        opportunity = make(Opportunity)
        services.move(opportunity, word(Stage, "Proposal"))
        services.lose(opportunity, lost_reason=word(LostReason, "Price"))
        services.reopen(opportunity)
        assert (str(opportunity.stage), opportunity.probability) == ("Proposal", 50)
        assert opportunity.closed_on is None
        assert opportunity.lost_reason is None
        with pytest.raises(DomainError):
            services.reopen(opportunity)


def test_a_stage_out_of_use_is_refused(acting: Acting, everything: Everything) -> None:
    with everything():
        word(Stage, "Proposal").active = False
    with acting("claire") as session:
        with pytest.raises(DomainError) as no:
            services.move(make(Opportunity), word(Stage, "Proposal"))
        assert list(refused(no)) == ["stage"]
        session.rollback()


@pytest.mark.parametrize("name", ["amount", "probability", "currency", "expected_close_on"])
def test_a_closed_one_keeps_its_figures(acting: Acting, name: str) -> None:
    values = {
        "amount": Decimal(5),
        "probability": 7,
        "currency": "USD",
        "expected_close_on": date(2027, 1, 1),
    }
    with acting("claire") as session:
        opportunity = make(Opportunity)
        services.lose(opportunity, lost_reason=word(LostReason, "Price"))
        session.commit()
        with pytest.raises(DomainError) as no:
            save(opportunity, **{name: values[name]})
        assert list(refused(no)) == [name]
        session.rollback()
        save(opportunity, description="Still free to say why.", competitor="Globex")


@pytest.mark.accept("A-93")
def test_one_that_comes_closed_is_made_open_then_closed(acting: Acting) -> None:
    with acting("marc") as session:
        account, won, lost = make(Account), word(Stage, "Won"), word(Stage, "Lost")
        session.commit()
        opportunity = make(
            Opportunity, account=account, stage=won, closed_on=date(2017, 3, 1), amount=Decimal(9)
        )
        assert (opportunity.probability, opportunity.closed_on) == (100, date(2017, 3, 1))
        assert str(opportunity.open_stage) == "New"
        assert account.kind == AccountKind.CLIENT
        session.commit()
        with pytest.raises(DomainError) as no:
            make(Opportunity, stage=won)
        assert refused(no) == {"account": "Choose a client before winning the opportunity."}
        session.rollback()
        with pytest.raises(DomainError) as no:
            make(Opportunity, stage=lost)
        assert list(refused(no)) == ["lost_reason"]
        session.rollback()
        with pytest.raises(DomainError) as no:
            make(Opportunity, closed_on=date(2017, 3, 1))
        assert list(refused(no)) == ["closed_on"]
        session.rollback()


@pytest.mark.accept("A-50")
def test_a_typed_probability_holds_until_the_stage_changes(acting: Acting) -> None:
    with acting("claire"):
        opportunity = make(Opportunity, probability=35)
        save(opportunity, name="Projet Bêta", probability=35)
        assert opportunity.probability == 35
        save(opportunity, stage=word(Stage, "Proposal"), probability=35)
        assert opportunity.probability == 50
        save(opportunity, stage=word(Stage, "Negotiation"), probability=60)
        assert opportunity.probability == 60


@pytest.mark.accept("A-13")
@pytest.mark.accept("A-53")
def test_an_empty_duration_is_filled_when_an_amount_is_entered(
    acting: Acting, everything: Everything
) -> None:
    with acting("claire"):
        old = make(Opportunity)
        assert old.recurring_duration is None
        new = make(Opportunity, recurring_amount=Decimal("450.00"))
        assert (new.recurring_duration, new.recurring_total) == (12, Decimal("5400.00"))
    with everything() as session:
        session.get_one(AppSettings, 1).default_recurring_duration = 24
    with acting("claire"):
        save(again(old), recurring_amount=Decimal("10.00"))
        assert again(old).recurring_duration == 24
        save(again(new), recurring_amount=Decimal("500.00"))
        assert again(new).recurring_duration == 12


def test_the_duration_of_the_company_comes_first(acting: Acting, everything: Everything) -> None:
    with everything() as session:
        for settings in session.scalars(select(CompanySettings)):
            settings.recurring_duration = 36
    with acting("claire"):
        assert make(Opportunity, recurring_amount=Decimal(1)).recurring_duration == 36


def test_recurring_revenue_counts_only_while_it_is_managed(
    acting: Acting, everything: Everything
) -> None:
    with acting("claire"):
        opportunity = make(Opportunity, amount=Decimal(100), recurring_amount=Decimal(10))
        assert opportunity.total_amount == Decimal(100)
    with everything() as session:
        session.get_one(AppSettings, 1).manage_recurring = True
    with acting("claire"):
        assert again(opportunity).total_amount == Decimal(220)


@pytest.mark.accept("A-101")
def test_without_account_the_agency_is_the_owners(
    acting: Acting, everything: Everything, cast: Cast
) -> None:
    with everything() as session:
        session.get_one(AppSettings, 1).manage_agencies = True
        person(cast.claire).agency = session.get_one(Agency, cast.lyon)
    with acting("claire"):
        assert make(Opportunity).agency_id == cast.lyon
    with everything() as session:
        session.get_one(AppSettings, 1).manage_agencies = False
    with acting("claire"):
        assert make(Opportunity).agency_id is None


def test_taking_charge_of_what_nobody_has(acting: Acting, cast: Cast) -> None:
    with acting("marc"):
        free, taken = make(Opportunity, owner=None), make(Opportunity, owner=person(cast.hugo))
    with acting("claire") as session:
        services.take_charge(again(free))
        assert again(free).owner_id == cast.claire
        session.commit()
        with pytest.raises(DomainError):
            services.take_charge(again(taken))
        session.rollback()


def test_a_salesperson_makes_none_for_a_colleague(acting: Acting, cast: Cast) -> None:
    with acting("claire") as session:
        with pytest.raises((DomainError, Forbidden)):
            make(Opportunity, owner=person(cast.hugo))
        session.rollback()


@pytest.mark.accept("A-99")
def test_losing_cancels_planned_events_where_that_is_ticked(acting: Acting) -> None:
    with acting("claire"):
        kept, gone = make(Opportunity), make(Opportunity)
        events = [make(Event, opportunity=kept), make(Event, opportunity=gone)]
        reason = word(LostReason, "Price")
        services.lose(kept, lost_reason=reason)
        services.lose(gone, lost_reason=reason, cancel_events=True)
        states = [again(event).status for event in events]
        assert states == [EventStatus.PLANNED, EventStatus.CANCELLED]
        assert again(gone).next_event_at is None


@pytest.mark.accept("A-29")
def test_a_used_stage_is_not_deleted_and_keeps_its_kind(acting: Acting) -> None:
    from crm.opportunities.services import vocabulary

    with acting("claire"):
        make(Opportunity, stage=word(Stage, "Proposal"))
    with acting("alice") as session:
        with pytest.raises(DomainError) as no:
            vocabulary.RULES.delete(word(Stage, "Proposal"))
        assert no.value.message == (
            "Used by 1 record; deactivate it instead. The settings name this value"
            " (Stage of a sent quote): choose another one there first."
        )
        with pytest.raises(DomainError) as no:
            save(word(Stage, "Proposal"), kind="lost")
        assert list(refused(no)) == ["kind"]
        with pytest.raises(DomainError) as no:
            save(word(Stage, "New"), active=False)
        assert list(refused(no)) == ["active"]
        with pytest.raises(DomainError):
            save(word(Stage, "Won"), active=False)
        session.rollback()
        save(word(Stage, "Proposal"), active=False)


@pytest.mark.parametrize("name", ["currency", "probability", "recurring_period", "name"])
def test_what_has_a_default_is_not_emptied_afterwards(acting: Acting, name: str) -> None:
    with acting("claire") as session:
        opportunity = make(Opportunity)
        session.commit()
        with pytest.raises(DomainError) as no:
            save(opportunity, **{name: None})
        assert refused(no) == {name: "Required field"}
        session.rollback()
