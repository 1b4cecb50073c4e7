"""Events: single ones, and the dates they keep on what they relate to."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from crm.accounts.models import Account, Contact
from crm.calendar import services
from crm.calendar.models import Direction, Event, EventCategory, EventStatus, EventType, Priority
from crm.core.errors import DomainError
from crm.core.journal import history
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from crm.quotes.models import Quote
from tests.factories import again, make, person, remove, save, table_of, word
from tests.fixtures import Acting, Cast

Everything = Callable[[], AbstractContextManager[Session]]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_by_default_it_begins_in_the_next_half_hour_for_an_hour(acting: Acting) -> None:
    assert services.next_half_hour(at("2027-01-31T10:01")) == at("2027-01-31T10:30")
    assert services.next_half_hour(at("2027-01-31T10:30")) == at("2027-01-31T10:30")
    assert services.next_half_hour(at("2027-01-31T23:31")) == at("2027-02-01T00:00")
    with acting("claire"):
        event = make(Event)
        assert event.ends_at - event.starts_at == timedelta(hours=1)
        assert (event.type, event.status) == (EventType.MEETING, EventStatus.PLANNED)
        assert event.time_zone == "Europe/Paris"


@pytest.mark.accept("A-22")
def test_an_opportunity_and_a_quote_name_the_rest(acting: Acting) -> None:
    with acting("claire"):
        account = make(Account, addresses=[{"street": "1 rue", "city": "Lyon"}])
        contact = make(Contact, links=[{"account": account, "is_main": True}])
        deal = make(Opportunity, account=account)
        event = make(Event, opportunity=deal)
        assert (event.account, event.contact) == (account, contact)
        assert event.location == "1 rue, Lyon"
        quote = make(Quote, opportunity=deal)
        assert make(Event, quote=quote).opportunity is deal


def test_an_event_of_a_lead_is_its_owners_at_its_address(acting: Acting, cast: Cast) -> None:
    with acting("marc"):
        lead = make(Lead, owner=person(cast.hugo), address="4 rue Haute", city="Lille")
        event = make(Event, lead=lead)
        assert (event.owner_id, event.location) == (cast.hugo, "4 rue Haute, Lille")


def test_a_call_goes_out_and_a_task_is_normal_and_all_day(acting: Acting) -> None:
    with acting("claire"):
        call, task = make(Event, type=EventType.CALL), make(Event, type=EventType.TASK)
        assert (call.call_direction, call.priority) == (Direction.OUTBOUND, None)
        assert (task.call_direction, task.priority) == (None, Priority.NORMAL)


def test_a_task_fills_its_day_on_the_clock_of_its_owner(acting: Acting) -> None:
    with acting("claire"):
        task = make(Event, type=EventType.TASK, starts_at=at("2027-01-31T23:30"))
        assert task.due_on == date(2027, 2, 1)  # in Paris
        assert (task.starts_at, task.ends_at) == (at("2027-01-31T23:00"), at("2027-02-01T23:00"))


def test_all_day_includes_the_last_day(acting: Acting) -> None:
    with acting("claire"):
        event = make(
            Event, all_day=True, starts_at=at("2027-03-01T09:00"), ends_at=at("2027-03-03T17:00")
        )
        assert event.last_day == date(2027, 3, 3)
        assert event.ends_at == at("2027-03-03T23:00")
        save(event, subject="Salon")
        assert event.ends_at == at("2027-03-03T23:00")


def test_moving_the_start_keeps_the_duration(acting: Acting) -> None:
    with acting("claire"):
        event = make(Event, starts_at=at("2027-01-31T10:00"), ends_at=at("2027-01-31T10:45"))
        save(event, starts_at=at("2027-02-01T14:00"))
        assert event.ends_at == at("2027-02-01T14:45")


def test_the_end_comes_after_the_start(acting: Acting) -> None:
    with acting("claire") as session:
        with pytest.raises(DomainError) as no:
            make(Event, starts_at=at("2027-01-31T10:00"), ends_at=at("2027-01-31T10:00"))
        assert list(no.value.fields) == ["ends_at"]
        session.rollback()


def test_another_type_clears_the_category(acting: Acting) -> None:
    with acting("claire") as session:
        category = word(EventCategory, "Customer meeting")
        event = make(Event, category=category)
        save(event, type=EventType.CALL)
        assert event.category is None
        with pytest.raises(DomainError) as no:
            save(event, category=category)
        assert list(no.value.fields) == ["category"]
        session.rollback()


def test_a_lead_excludes_an_account(acting: Acting) -> None:
    with acting("claire") as session:
        with pytest.raises(DomainError) as no:
            make(Event, lead=make(Lead), account=make(Account))
        assert list(no.value.fields) == ["account"]
        session.rollback()


@pytest.mark.accept("A-82")
def test_its_records_are_of_one_company(acting: Acting) -> None:
    with acting("olga"):
        foreign = make(Account)
    with acting("alice") as session:
        with pytest.raises(DomainError):
            make(Event, lead=make(Lead), opportunity=make(Opportunity, account=again(foreign)))
        session.rollback()


def test_next_and_last_event_follow_every_change(acting: Acting) -> None:
    with time_machine.travel(at("2027-01-31T12:00")), acting("marc") as session:
        lead = make(Lead)
        session.commit()
        version, changed_on = lead.row_version, lead.changed_on
        soon = make(Event, lead=lead, starts_at=at("2027-02-02T10:00"))
        later = make(Event, lead=lead, starts_at=at("2027-02-09T10:00"))
        past = make(Event, lead=lead, starts_at=at("2027-01-20T10:00"))
        services.mark_done(past, "Interested.")
        dates = (at("2027-02-02T10:00"), at("2027-01-20T10:00"))
        assert (lead.next_event_at, lead.last_event_at) == dates
        services.cancel(soon)
        assert lead.next_event_at == at("2027-02-09T10:00")
        remove(later)
        assert lead.next_event_at is None
        session.commit()
        table_of(Event).restore(later.id)
        assert again(lead).next_event_at == at("2027-02-09T10:00")
        assert (lead.row_version, lead.changed_on) == (version, changed_on)
        assert len(history(session, lead)) == 1


def test_moving_an_event_to_another_record_follows_both(acting: Acting) -> None:
    with acting("claire"):
        first, second = make(Lead), make(Lead)
        event = make(Event, lead=first)
        save(event, lead=second)
        assert first.next_event_at is None
        assert second.next_event_at == event.starts_at


def test_the_dates_count_events_of_people_who_cannot_edit_the_record(
    acting: Acting, cast: Cast
) -> None:
    with acting("marc"):
        lead = make(Lead, owner=person(cast.hugo))
    with acting("claire"):
        event = make(Event, lead=again(lead), owner=person(cast.claire))
        assert again(lead).next_event_at == event.starts_at


def test_done_is_said_once_and_can_be_taken_back(acting: Acting) -> None:
    with acting("claire") as session:
        event = make(Event)
        services.mark_done(event)
        session.commit()
        with pytest.raises(DomainError):
            services.mark_done(event)
        with pytest.raises(DomainError):
            services.cancel(event)
        services.reopen(event)
        assert event.status == EventStatus.PLANNED
        with pytest.raises(DomainError):
            services.reopen(event)


@pytest.mark.parametrize("end", ["2027-03-02T23:00", "2027-03-01T23:00"])
def test_days_that_end_before_they_start_are_refused(acting: Acting, end: str) -> None:
    start = at("2027-03-02T23:00")  # in Paris the third of March
    with pytest.raises(DomainError) as raised, acting("claire"):
        make(Event, all_day=True, starts_at=start, ends_at=at(end))
    assert list(raised.value.fields) == ["ends_at"]
