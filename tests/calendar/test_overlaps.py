"""Who else is busy at the time of an event, and when all are free next."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crm.calendar.models import Answer, Availability, Event, EventStatus, EventType
from crm.calendar.overlaps import free_slot, next_free, overlaps
from tests.factories import make, person
from tests.fixtures import Acting, Cast, Client

AsUser = Callable[[str], Client]
PARIS = ZoneInfo("Europe/Paris")
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def span(text: str, hours: float = 1) -> tuple[datetime, datetime]:
    return at(text), at(text) + hours * HOUR


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("2027-01-20T09:00", "2027-01-20T11:00"),  # two in a row are passed over
        ("2027-01-20T11:10", "2027-01-20T11:10"),  # free at once
        ("2027-01-20T18:30", "2027-01-21T08:00"),  # it would end after the day's work
        ("2027-01-22T19:00", "2027-01-25T08:00"),  # a weekend
        ("2027-01-20T06:00", "2027-01-20T08:00"),
    ],
)
def test_the_next_free_time_is_one_of_work(asked: str, found: str) -> None:
    taken = [span("2027-01-20T09:00"), span("2027-01-20T09:50", 0.9)]
    assert free_slot(taken, at(asked), HOUR, PARIS) == span(found)


def test_there_is_none_where_two_weeks_are_taken() -> None:
    taken = [(at("2027-01-01T00:00"), at("2027-03-01T00:00"))]
    assert free_slot(taken, at("2027-01-20T09:00"), HOUR, PARIS) is None
    assert free_slot([], at("2027-01-20T09:00"), 12 * HOUR, PARIS) is None, "longer than a day"


@pytest.mark.postgres
def test_what_keeps_a_person_busy(acting: Acting, cast: Cast) -> None:
    with acting("claire"):
        for subject, start, more in (
            ("Atelier", "2027-01-20T10:00", {}),
            ("Avant", "2027-01-20T09:00", {}),  # it ends when the other begins
            ("Libre", "2027-01-20T10:00", {"availability": Availability.FREE}),
            ("Tâche", "2027-01-20T00:00", {"type": EventType.TASK}),
            ("Annulé", "2027-01-20T10:00", {"status": EventStatus.CANCELLED}),
        ):
            starts_at, ends_at = span(start)
            make(Event, subject=subject, starts_at=starts_at, ends_at=ends_at, **more)
    asked = span("2027-01-20T10:00")
    with acting("marc"):
        found = overlaps([cast.claire], asked)
        assert [(one.user_id, one.subject) for one in found] == [(cast.claire, "Atelier")]
        assert next_free([cast.claire], asked, PARIS) == span("2027-01-20T11:00")
    with acting("olga"):
        (hidden,) = overlaps([cast.claire], asked)
        assert hidden.subject == "", "she may not read it"


@pytest.mark.postgres
def test_an_invited_person_is_busy_until_they_say_no(acting: Acting, cast: Cast) -> None:
    starts_at, ends_at = asked = span("2027-01-20T10:00")
    with acting("marc") as session:
        guests = [{"user": person(cast.hugo)}]
        event = make(Event, starts_at=starts_at, ends_at=ends_at, participants=guests)
        (invited,) = event.participants
        assert [one.user_id for one in overlaps([cast.hugo], asked)] == [cast.hugo]
        assert overlaps([cast.hugo], asked, but=event.id) == []
        invited.answer = Answer.NO
        session.flush()
        assert overlaps([cast.hugo], asked) == []


def test_the_form_says_it_while_one_types(as_user: AsUser, acting: Acting, cast: Cast) -> None:
    start = datetime.now(UTC).astimezone(PARIS) + timedelta(days=40)
    start = start.replace(hour=10, minute=0, second=0, microsecond=0)
    with acting("claire"):
        event = make(Event, subject="Atelier", starts_at=start, ends_at=start + HOUR)
    claire = as_user("claire")
    page = claire.get("/events/add?type=meeting").text
    assert 'data-live="/events/while_typing?type=meeting"' in page
    typed = {"starts_at": f"{start:%Y-%m-%dT%H:%M}", "owner": cast.claire}
    said = claire.post("/events/while_typing?type=meeting", data=typed).text
    assert "already has “Atelier”" in said
    assert "10:00–11:00" in said
    assert "Take this time" in said
    assert claire.post("/events/while_typing?type=task", data=typed).text.strip() == ""
    own = claire.post(f"/events/while_typing?id={event.id}", data=typed).text
    assert own.strip() == "", "an event is no obstacle to itself"
    past = claire.post("/events/while_typing", data={"starts_at": "2026-01-20T10:00"}).text
    assert "This date is in the past." in past
    assert claire.post("/events/while_typing", data={"starts_at": "abc"}).text.strip() == ""
    assert as_user("olga").post(f"/events/while_typing?id={event.id}").status_code == 404
