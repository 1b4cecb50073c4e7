"""What can be done to a lead, as the specification tells it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import LostReason
from crm.calendar.models import Event, EventStatus
from crm.companies.models import AppSettings, Group, User
from crm.core.errors import DomainError
from crm.core.journal import history
from crm.core.search import find
from crm.core.types import utcnow
from crm.leads import services
from crm.leads.models import Lead, LeadStatus
from crm.opportunities.models import Opportunity
from tests.factories import again, make, person, save, table_of, word
from tests.fixtures import Acting, Cast

Everything = Callable[[], AbstractContextManager[Session]]


@pytest.mark.accept("A-31")
@pytest.mark.parametrize(
    ("organization", "last_name", "shown"),
    [("Élan", None, "Élan"), (None, "Roy", "Roy"), ("Élan", "Roy", "Élan, Roy")],
)
def test_an_organisation_or_a_last_name_suffices(
    acting: Acting, organization: str | None, last_name: str | None, shown: str
) -> None:
    with acting("claire"):
        assert str(make(Lead, organization=organization, last_name=last_name)) == shown


@pytest.mark.accept("A-31")
def test_with_neither_both_fields_say_so(acting: Acting) -> None:
    with acting("claire") as session:
        with pytest.raises(DomainError) as no:
            make(Lead, organization=None)
        assert list(no.value.fields) == ["last_name", "organization"]
        session.rollback()


def test_a_new_lead_is_mine_received_today_and_to_be_processed(acting: Acting, cast: Cast) -> None:
    with time_machine.travel("2027-01-31T23:30:00+00:00"), acting("claire"):
        lead = make(Lead)
        assert lead.owner_id == cast.claire
        assert lead.received_on == date(2027, 2, 1)  # in Paris
        assert str(lead.status) == "To be processed"
        assert lead.agency is None


def test_unassigned_is_a_choice(acting: Acting) -> None:
    with acting("marc"):
        assert make(Lead, owner=None).owner is None


@pytest.mark.accept("A-36")
def test_a_street_without_country_and_postal_code_is_an_address(acting: Acting) -> None:
    with acting("claire"):
        lead = make(Lead, address="4 rue Haute")
        assert (lead.country, lead.postal_code) == (None, None)


@pytest.mark.accept("A-90")
def test_accents_and_case_do_not_count_in_a_search(acting: Acting) -> None:
    with acting("claire") as session:
        for name in ("Faro", "Élan", "ÉLAN", "Eco"):
            make(Lead, organization=name)
        session.commit()
        match = find(session, Lead, "elan")
        assert match is not None
        found = session.scalars(select(Lead.organization).where(match.where))
        assert set(found) == {"Élan", "ÉLAN"}
        ordered = session.scalars(select(Lead.organization).order_by(Lead.name_key, Lead.id))
        assert list(ordered) == ["Eco", "Élan", "ÉLAN", "Faro"]


@pytest.mark.accept("A-37")
def test_losing_asks_for_a_reason_and_other_for_a_comment(acting: Acting) -> None:
    with acting("claire") as session:
        lead = make(Lead)
        session.commit()
        with pytest.raises(DomainError) as no:
            services.lose(lead)
        assert list(no.value.fields) == ["lost_reason"]
        session.rollback()
        with pytest.raises(DomainError) as no:
            services.lose(lead, lost_reason=word(LostReason, "Other"))
        assert list(no.value.fields) == ["lost_comment"]
        session.rollback()
        services.lose(lead, lost_reason=word(LostReason, "Other"), lost_comment="Moved away")
        assert str(lead.status) == "Lost"
        assert lead.lost_on is not None


@pytest.mark.accept("A-38")
def test_reopening_clears_the_reason_which_the_journal_keeps(acting: Acting) -> None:
    with acting("claire") as session:
        lead = make(Lead)
        reason = word(LostReason, "Price")
        services.lose(lead, lost_reason=reason)
        session.commit()
        services.reopen(lead)
        session.commit()
        assert str(lead.status) == "To be processed"
        assert (lead.lost_reason, lead.lost_on) == (None, None)
        assert history(session, lead)[0].changes["lost_reason_id"][0] is not None
        with pytest.raises(DomainError):
            services.reopen(lead)


def test_only_a_conversion_converts(acting: Acting) -> None:
    with acting("claire") as session:
        with pytest.raises(DomainError) as no:
            services.change_status(make(Lead), word(LeadStatus, "Converted"))
        assert no.value.fields == {"status": "Only the conversion of a lead sets this status."}
        session.rollback()


def test_a_lost_lead_is_reopened_before_it_moves(acting: Acting) -> None:
    with acting("claire") as session:
        lead = make(Lead)
        services.change_status(lead, word(LeadStatus, "Nurturing"))
        services.lose(lead, lost_reason=word(LostReason, "Price"))
        session.commit()
        with pytest.raises(DomainError):
            services.lose(lead, lost_reason=word(LostReason, "Price"))
        with pytest.raises(DomainError) as no:
            services.take_charge(lead)
        assert no.value.message == "This lead is lost; reopen it first."


@pytest.mark.accept("A-93")
def test_one_that_comes_lost_is_made_open_then_lost(acting: Acting) -> None:
    with acting("claire") as session:
        lost = word(LeadStatus, "Lost")
        lead = make(
            Lead, status=lost, lost_reason=word(LostReason, "Price"), lost_on=date(2026, 5, 1)
        )
        assert lead.lost_on == date(2026, 5, 1)
        session.commit()
        with pytest.raises(DomainError) as no:
            make(Lead, status=lost)
        assert list(no.value.fields) == ["lost_reason"]
        session.rollback()


@pytest.mark.accept("A-83")
def test_claire_takes_what_nobody_has_and_assigns_to_nobody_else(
    acting: Acting, cast: Cast
) -> None:
    with acting("marc"):
        free, taken = make(Lead, owner=None), make(Lead, owner=person(cast.hugo))
    with acting("claire") as session:
        services.take_charge(again(free))
        assert again(free).owner_id == cast.claire
        session.commit()
        with pytest.raises(DomainError) as no:
            services.take_charge(again(taken))
        assert no.value.message == "This record is assigned to somebody else."
        session.rollback()
        with pytest.raises(DomainError) as no:
            save(again(free), owner=person(cast.hugo))
        assert list(no.value.fields) == ["owner"]
        session.rollback()
    with acting("marc"):
        save(again(free), owner=person(cast.hugo))


def test_the_groups_limit_owners_of_leads_only_where_that_is_asked(
    acting: Acting, everything: Everything, cast: Cast
) -> None:
    with everything() as session:
        settings = session.get_one(AppSettings, 1)
        settings.assignable_groups = [
            session.scalars(select(Group).where(Group.name == "Sales")).one()
        ]
        settings.assignable_users = "groups"
    with acting("marc"):
        make(Lead, owner=person(cast.nadia))
    with everything() as session:
        session.get_one(AppSettings, 1).assignable_everywhere = True
    with acting("marc") as session:
        with pytest.raises(DomainError) as no:
            make(Lead, owner=person(cast.nadia))
        assert no.value.fields == {"owner": "Only members of Sales can own this account."}
        session.rollback()
        condition = table_of(Lead).candidates("owner", {"company_id": cast.france})
        assert set(session.scalars(select(User.username).where(condition))) == {"claire", "hugo"}
        assert make(Lead).owner is None  # whoever is outside the groups still creates leads
        assert make(Opportunity).owner is None
    with acting("claire"):
        assert make(Lead).owner_id == cast.people["claire"]


def test_a_stale_lead_says_why(acting: Acting) -> None:
    with acting("marc"):
        free, mine = make(Lead, owner=None), make(Lead)
        assert services.is_stale(free) == services.is_stale(mine) == ""
    with time_machine.travel(utcnow() + timedelta(days=16)), acting("marc"):
        assert services.is_stale(again(free)) == "unassigned"
        assert services.is_stale(again(mine)) == "quiet"
        make(Event, lead=again(mine))
        assert services.is_stale(again(mine)) == ""


def test_losing_cancels_planned_events_where_that_is_ticked(acting: Acting) -> None:
    with acting("claire"):
        lead = make(Lead)
        event = make(Event, lead=lead)
        services.lose(lead, lost_reason=word(LostReason, "Price"), cancel_events=True)
        assert again(event).status == EventStatus.CANCELLED
