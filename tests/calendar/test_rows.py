"""Who reads an event: participants whatever their scope, and private ones nobody else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from crm.calendar import busy, services
from crm.calendar.models import Event, EventStatus, Visibility
from crm.companies.models import User
from crm.core import rows
from crm.core.datamodel import DataModel
from crm.core.datamodel.paging import PageRequest
from crm.core.db import db
from crm.core.errors import DomainError, NotFound
from crm.core.types import utcnow
from crm.leads.models import Lead
from crm.mail.models import Message, MessageKind
from tests.factories import again, make
from tests.fixtures import Acting, Cast

EVENTS = DataModel(Event, services.RULES)
OTHERS = ("alice", "marc", "claire", "ines", "audrey", "olga", "theo")
ACTIONS = ("read", "edit", "delete", "export")


@pytest.fixture
def private(acting: Acting) -> Event:
    """A private meeting of Hugo's, about a lead that everybody of his company reads."""
    with acting("hugo"):
        found: Event = make(Event, visibility=Visibility.PRIVATE, lead=make(Lead))
    return found


def invite(acting: Acting, event: Event, *people: int) -> None:
    """Hugo makes these users guests of his event."""
    with acting("hugo"):
        users = [{"user": db.session.get(User, pk)} for pk in people]
        services.update(again(event), {"participants": users})


def read_by(pk: int) -> bool:
    return db.session.scalar(select(Event.id).where(Event.id == pk)) is not None


def may_do(pk: int) -> set[str]:
    """The actions for which the actor finds the event by its id."""
    found = set()
    for action in ACTIONS:
        statement = select(Event.id).where(Event.id == pk, rows.criteria(Event, action))
        if db.session.scalar(statement) is not None:
            found.add(action)
    return found


@pytest.mark.accept("A-76")
@pytest.mark.parametrize("person", OTHERS)
def test_a_private_event_is_nobody_elses_whatever_their_scope(
    person: str, private: Event, acting: Acting
) -> None:
    with acting(person):
        assert may_do(private.id) == set()
        with pytest.raises(NotFound):
            rows.fetch(db.session(), Event, private.id)
        assert EVENTS.totals(EVENTS.select()).count == 0
        assert EVENTS.page(EVENTS.select(), [("starts_at", "asc")], PageRequest()).rows == []


def test_its_owner_does_with_it_what_the_roles_allow(private: Event, acting: Acting) -> None:
    with acting("hugo"):
        assert may_do(private.id) == {"read", "edit", "export"}
        assert EVENTS.totals(EVENTS.select()).count == 1


@pytest.mark.accept("A-105")
@pytest.mark.parametrize("visibility", Visibility)
@pytest.mark.parametrize("person", ["nadia", "ines", "alice"])
def test_a_participant_reads_the_event_whatever_the_scope(
    person: str, visibility: Visibility, private: Event, acting: Acting, cast: Cast
) -> None:
    with acting("hugo"):
        services.update(again(private), {"visibility": visibility})
    with acting(person):
        is_seen = read_by(private.id)
    assert is_seen is (visibility == Visibility.PUBLIC and person != "nadia")
    invite(acting, private, cast.people[person])
    with acting(person):
        assert read_by(private.id)
        assert ("edit" in may_do(private.id)) is (person != "nadia"), "by their role alone"
        order = [("starts_at", "asc")]
        for few in (True, False):
            assert len(EVENTS.page(EVENTS.select(), order, PageRequest(few=few)).rows) == 1
        assert EVENTS.totals(EVENTS.select()).count == 1


def test_who_takes_part_in_nothing_else_reads_nothing_else(
    private: Event, acting: Acting, cast: Cast
) -> None:
    with acting("hugo"):
        other = make(Event)
    invite(acting, private, cast.nadia)
    with acting("nadia"):
        assert list(db.session.scalars(select(Event.id))) == [private.id]
    with acting("claire"):
        assert read_by(other.id)
        assert not read_by(private.id)
    invite(acting, private)
    with acting("nadia"):
        assert not read_by(private.id), "no longer a guest"


def test_a_participant_of_another_company_reads_it_in_every_list(
    acting: Acting, cast: Cast, private: Event
) -> None:
    """Pages, both ways, in each order, and counts, among own events before and after it."""
    with acting("olga"):
        own = [make(Event, starts_at=utcnow() + timedelta(days=day)) for day in (-1, 5, 9)]
        mine = [one.id for one in own]
    invite(acting, private)
    with acting("hugo") as session:
        event = again(private)
        event.starts_at, event.ends_at = (utcnow() + timedelta(days=d) for d in (6, 7))
        session.flush()
        with rows.unfiltered("a guest who changed company since"):
            services.update(event, {})
            session.execute(
                Event.participants.property.mapper.class_.__table__.insert().values(
                    event_id=event.id, user_id=cast.olga
                )
            )
    with acting("olga"):
        for name in ("starts_at", "owner", "name_key"):
            for few in (True, False):
                order = [(name, "asc"), *([("starts_at", "asc")] if name == "owner" else [])]
                found = EVENTS.page(EVENTS.select(), order, PageRequest(few=few)).rows
                assert {one.id for one in found} == {*mine, private.id}, (name, few)
                assert turned(order) == [one.id for one in found], (name, few)
        assert EVENTS.totals(EVENTS.select()).count == 4
        found = EVENTS.page(EVENTS.select(), [("starts_at", "asc")], PageRequest()).rows
        assert [one.id for one in found] == [*mine[:2], private.id, mine[2]]
        assert EVENTS.totals(EVENTS.select(Event.owner_id == cast.hugo)).count == 1


def turned(order: list[tuple[str, str]]) -> list[int]:
    """The ids of the list, two rows a page."""
    ids: list[int] = []
    found = EVENTS.page(EVENTS.select(), order, PageRequest(2))
    while True:
        ids += [one.id for one in found.rows]
        if not found.after:
            return ids
        found = EVENTS.page(EVENTS.select(), order, PageRequest(2, found.after))


def test_only_the_owner_changes_who_sees_it(private: Event, acting: Acting, cast: Cast) -> None:
    with acting("claire"):
        theirs = make(Event)
    with acting("hugo"), pytest.raises(DomainError) as refused:
        services.update(again(theirs), {"visibility": Visibility.PRIVATE})
    assert "visibility" in refused.value.fields
    invite(acting, private, cast.alice)
    with acting("alice"):
        services.update(again(private), {"subject": "Un autre objet"})
    for values in ({"visibility": Visibility.PUBLIC}, {"owner": None}):
        with acting("alice"), pytest.raises(DomainError) as refused:
            services.update(again(private), values)
        assert refused.value.fields.keys() == values.keys()
    with acting("marc"), pytest.raises(DomainError) as refused:
        make(Event, visibility=Visibility.PRIVATE, owner=db.session.get(User, cast.hugo))
    assert "visibility" in refused.value.fields


def test_a_private_event_is_not_given_away(acting: Acting, cast: Cast) -> None:
    with acting("marc"):
        private = make(Event, visibility=Visibility.PRIVATE)
    with acting("marc"), pytest.raises(DomainError) as refused:
        services.update(again(private), {"owner": db.session.get(User, cast.claire)})
    assert "owner" in refused.value.fields
    with acting("marc"):
        given = {"owner": db.session.get(User, cast.claire), "visibility": Visibility.PUBLIC}
        services.update(again(private), given)
    with acting("claire"):
        assert read_by(private.id)


def test_the_dates_of_its_records_say_nothing_of_it(private: Event, acting: Acting) -> None:
    with acting("claire"):
        assert db.session.scalar(select(func.max(Lead.next_event_at))) is None
    with acting("hugo"):
        services.update(again(private), {"visibility": Visibility.PUBLIC})
    with acting("claire"):
        assert db.session.scalar(select(func.max(Lead.next_event_at))) is not None


def test_the_bin_keeps_a_private_event_for_its_owner(acting: Acting) -> None:
    with acting("marc"):
        private = make(Event, visibility=Visibility.PRIVATE)
        services.delete(private)
    with acting("alice"):
        in_bin = EVENTS.select(in_bin=True)
        assert EVENTS.page(in_bin, [("deleted_at", "desc")], PageRequest()).rows == []
        with pytest.raises(NotFound):
            services.restore(private.id)
    with acting("marc"):
        services.restore(private.id)


TimesOf = Callable[[str], list[busy.BusyTime]]


@pytest.fixture
def times_of(acting: Acting) -> TimesOf:
    def found(person: str) -> list[busy.BusyTime]:
        with acting(person):
            now = utcnow()
            return busy.busy_between(now - timedelta(days=30), now + timedelta(days=30))

    return found


@pytest.mark.accept("A-76")
def test_others_see_when_and_whose_and_nothing_else(
    private: Event, acting: Acting, cast: Cast, times_of: TimesOf
) -> None:
    expected = busy.BusyTime(
        private.starts_at, private.ends_at, private.all_day, private.time_zone, cast.hugo,
        private.availability,
    )  # fmt: skip
    for person in ("alice", "claire", "marc"):
        assert times_of(person) == [expected], person
    assert expected.words == "Busy"
    for person in ("hugo", "olga", "nadia", "theo"):
        assert times_of(person) == [], person
    invite(acting, private, cast.alice)
    assert times_of("alice") == [], "she reads the event"
    with acting("hugo"):
        services.update(again(private), {"status": EventStatus.CANCELLED})
    assert times_of("claire") == []


def test_mails_about_a_private_event_are_as_private(private: Event, acting: Acting) -> None:
    with acting("hugo") as session:
        lead = again(private).lead
        for about in ({"event": again(private), "lead": lead}, {"lead": lead}):
            session.add(Message(**mail_to(lead.company_id), **about))
            session.flush()
    for person, number in (("hugo", 2), ("claire", 1), ("alice", 1), ("olga", 0)):
        with acting(person):
            assert db.session.scalar(select(func.count()).select_from(Message)) == number, person
            assert DataModel(Message).totals(select(Message)).count == number, person


def mail_to(company_id: int) -> dict[str, Any]:
    key = uuid4().hex
    return {
        "company_id": company_id, "cause": key, "message_id": key, "subject": "Invitation",
        "kind": MessageKind.FREE, "to_address": "someone@acme.example",
    }  # fmt: skip
