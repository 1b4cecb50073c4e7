"""What guests are told where changes follow each other: nothing lost, nothing wrong, no words."""

from collections.abc import Callable
from datetime import timedelta

import icalendar
import pytest
from flask import Flask
from recurring_ical_events import of
from sqlalchemy import select

from crm.accounts.models import Contact
from crm.calendar import services
from crm.calendar.invitations import noting
from crm.calendar.models import Answer, Event
from crm.calendar.recurrence import Frequency, Rule
from crm.calendar.series import changing, creating
from crm.calendar.series.reach import Reach
from crm.core.datamodel import purging
from crm.core.db import db
from crm.core.rows import unfiltered
from crm.core.types import utcnow
from crm.mail.models import Message
from tests.calendar.test_invitations import HOUR, SOPHIE, START, invited, kinds_of, tell
from tests.factories import again, make, remove, save
from tests.fixtures import Acting

__all__ = ["tell"]
pytestmark = pytest.mark.both
Tell = Callable[[], list[Message]]


def test_an_event_that_is_done_before_its_end_is_not_off(acting: Acting, tell: Tell) -> None:
    with acting("claire"):
        event = invited(starts_at=utcnow() - HOUR, ends_at=utcnow() + HOUR)
    assert len(tell()) == 1
    with acting("claire"):
        services.mark_done(again(event), "Signé")
    assert len(tell()) == 1
    with acting("claire"):
        save(again(event), participants=[])
    assert kinds_of(tell()[1:]) == [("guest_removed", SOPHIE)]


def test_a_quiet_change_does_not_swallow_the_one_before(acting: Acting, tell: Tell) -> None:
    with acting("claire"):
        event = invited()
    tell()
    with acting("claire"):
        save(again(event), starts_at=START + HOUR)
    with acting("claire"):
        row = again(event)
        services.update(row, {"location": "Ici"})
        noting.tell_nobody(row)
    assert kinds_of(tell()[1:]) == [("date_changed", SOPHIE)]
    with acting("claire"):
        row = again(event)
        services.update(row, {"location": "Là"})
        noting.tell_nobody(row)
    assert len(tell()) == 2


def test_the_message_of_a_cancellation_goes_with_it_alone(acting: Acting, tell: Tell) -> None:
    with acting("claire"):
        event = invited()
    tell()
    with acting("claire"):
        services.cancel(again(event), "Je suis souffrante.")
    with acting("claire"):
        services.reopen(again(event))
    with acting("claire"):
        save(again(event), participants=[])
    (removed,) = tell()[1:]
    assert kinds_of([removed]) == [("guest_removed", SOPHIE)]
    assert "souffrante" not in removed.body_html


def test_who_is_a_guest_no_more_reads_nothing_new(acting: Acting, tell: Tell) -> None:
    with acting("claire"):
        event = invited(visibility="private", location="Salle 1")
    tell()
    news = {"location": "Zq", "description": "<p>Zq</p>", "video_url": "https://zq.example/"}
    with acting("claire"):
        save(again(event), participants=[], **news)
    (removed,) = tell()[1:]
    said = removed.calendar + removed.body_html + removed.subject
    assert "zq" not in said.lower()
    assert "METHOD:CANCEL" in removed.calendar


def daily(count: int) -> list[Event]:
    """A series with Sophie."""
    guests = [{"email": SOPHIE}]
    first = {"starts_at": START, "ends_at": START + HOUR, "participants": guests}
    values = services.defaults({"subject": "Point", **first})
    return creating.create(values, Rule(frequency=Frequency.DAILY, count=count))


def test_a_split_series_takes_its_events_out_of_the_guests_calendars(
    acting: Acting, tell: Tell
) -> None:
    with acting("claire"):
        events = daily(6)
    assert len(tell()) == 1
    with acting("claire"):
        changing.update(again(events[3]), {"location": "Ici"}, Reach.FOLLOWING)
    found = tell()
    assert kinds_of(found[1:]) == [("date_changed", SOPHIE)] * 2
    by_uid = {_uid(one): one.calendar for one in found}  # the last one of each UID counts
    days = [day for text in by_uid.values() for day in _starts(text)]
    assert sorted(days) == [START + number * timedelta(days=1) for number in range(6)]


def _uid(message: Message) -> str:
    return str(icalendar.Calendar.from_ical(message.calendar).walk("VEVENT")[0]["uid"])


def _starts(text: str) -> list[object]:
    found = of(icalendar.Calendar.from_ical(text)).between(START, START + timedelta(days=30))
    return [one["dtstart"].dt for one in found]


def test_events_that_leave_a_series_leave_the_guests_calendars(acting: Acting, tell: Tell) -> None:
    with acting("claire"):
        events = daily(3)
    tell()
    with acting("claire"):
        services.mark_done(again(events[0]))
    with acting("claire"):
        later = {"starts_at": START + 25 * HOUR, "ends_at": START + 26 * HOUR}
        changing.update(again(events[1]), later, Reach.ALL)
    found = tell()[1:]
    assert kinds_of(found) == [("date_changed", SOPHIE)] * 2
    days = [day for one in found for day in _starts(one.calendar)]
    assert sorted(days) == [START, START + 25 * HOUR, START + 49 * HOUR]


def test_the_message_of_a_cancelled_day_of_a_series_is_told(acting: Acting, tell: Tell) -> None:
    with acting("claire"):
        events = daily(3)
    tell()
    with acting("claire"):
        services.cancel(again(events[1]), "Je suis souffrante.")
    (changed,) = tell()[1:]
    assert kinds_of([changed]) == [("date_changed", SOPHIE)]
    assert "Je suis souffrante." in changed.body_html
    with acting("claire"):
        save(again(events[2]), location="Ici")
    assert "souffrante" not in tell()[-1].body_html


@pytest.mark.parametrize(("visibility", "kept"), [("private", 0), ("public", 1)])
def test_the_outbox_keeps_nothing_of_a_private_event_that_is_purged(
    app: Flask, acting: Acting, tell: Tell, visibility: str, kept: int
) -> None:
    with acting("hugo"):
        contact = make(Contact, last_name="Roy", email="roy@example.com")
        event = invited(visibility=visibility, participants=[{"contact": contact}])
    assert len(tell()) == 1
    with acting("alice"):
        assert len(db.session.scalars(select(Message)).all()) == kept
    with acting("hugo"):
        remove(again(event))
    tell()
    with app.app_context(), unfiltered("the purge deletes whatever it is"):
        purging.purge(utcnow() + timedelta(days=1))
        assert db.session.scalars(select(Event.id)).all() == []
    with acting("alice"):
        assert len(db.session.scalars(select(Message)).all()) == 2 * kept


def test_another_address_in_the_same_line_is_another_guest(acting: Acting, tell: Tell) -> None:
    with acting("claire"):
        event = invited()
    tell()
    with acting("claire"):
        row = again(event).participants[0]
        row.answer, pk = Answer.YES, row.id
    with acting("claire"):
        save(again(event), participants=[{"id": pk, "email": "other@example.com"}])
    assert sorted(kinds_of(tell()[1:])) == [
        ("guest_removed", SOPHIE),
        ("invitation", "other@example.com"),
    ]
    with acting("claire"):
        (other,) = again(event).participants
        assert (other.email, other.answer) == ("other@example.com", Answer.WAITING)
