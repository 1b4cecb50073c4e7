"""The digest of the day, at an hour of one's choice. Source: issue of reminders and spec 9.5."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from crm.calendar.models import Answer, Event, EventType, Visibility
from crm.calendar.reminders.digest import send_digests
from crm.companies.models import User
from crm.mail.models import MessageKind
from tests.calendar.reminding import Everything, messages, utc
from tests.calendar.test_reminder_mails import invite
from tests.factories import make
from tests.fixtures import Acting, Cast

pytestmark = pytest.mark.both


def choose(everything: Everything, user_id: int, **values: Any) -> None:
    with everything() as session:
        user = session.get_one(User, user_id)
        for name, value in ({"digest_at": "08:00"} | values).items():
            setattr(user, name, value)


def at(app: Flask, text: str) -> int:
    """How many days a worker takes at this time."""
    with time_machine.travel(utc(text), tick=False), app.app_context():
        return send_digests()


def test_it_tells_of_the_day_in_ones_language_and_zone(
    app: Flask, acting: Acting, cast: Cast, everything: Everything
) -> None:
    choose(everything, cast.claire, language="fr")
    with acting("claire"):
        make(Event, subject="Visite", starts_at=utc("2027-03-10T09:00"))
        make(
            Event,
            subject="Secret",
            starts_at=utc("2027-03-10T15:00"),
            visibility=Visibility.PRIVATE,
        )
        make(Event, subject="Demain", starts_at=utc("2027-03-11T09:00"))
        make(Event, subject="Envoyer", type=EventType.TASK, starts_at=utc("2027-03-10T09:00"))
        make(Event, subject="Relancer", type=EventType.TASK, starts_at=utc("2027-03-02T09:00"))
    with acting("hugo"):
        invited = make(Event, subject="Invitée", starts_at=utc("2027-03-10T12:00"))
        declined = make(Event, subject="Refusée", starts_at=utc("2027-03-10T13:00"))
        make(Event, subject="Des autres", starts_at=utc("2027-03-10T14:00"))
    invite(everything, invited, {"user_id": cast.claire})
    invite(everything, declined, {"user_id": cast.claire, "answer": Answer.NO})
    assert at(app, "2027-03-10T06:59") == 0
    assert at(app, "2027-03-10T07:00") == 1
    (message,) = messages(everything)
    with everything() as session:
        text = session.get_one(type(message), message.id).body_text
    assert (message.kind, message.to_address) == (MessageKind.DIGEST, "claire@acme.example")
    assert "mercredi 10 mars 2027" in message.subject
    for words in (
        "10:00–11:00 Visite",
        "13:00–14:00 Invitée",
        "16:00–17:00 ",
        "Envoyer",
        "Relancer",
    ):
        assert words in text, words
    for words in ("Secret", "Demain", "Refusée", "Des autres"):
        assert words not in text, words
    assert "/profile/#f-digest_at" in text


def test_it_is_sent_once_a_day_and_not_on_empty_ones(
    app: Flask, acting: Acting, cast: Cast, everything: Everything
) -> None:
    choose(everything, cast.claire)
    with acting("claire"):
        for day in ("10", "12"):
            make(Event, starts_at=utc(f"2027-03-{day}T09:00"))
    found = [
        at(app, f"2027-03-{text}") for text in ("10T07:00", "10T07:01", "11T07:00", "12T09:00")
    ]
    assert found == [1, 0, 1, 1]
    assert len(messages(everything)) == 2
    assert at(app, "2027-03-10T07:00") == 0, "a clock that is set back"


@pytest.mark.parametrize("start", ["2027-03-28T00:00", "2027-10-31T00:00"])
def test_it_is_sent_once_on_the_days_that_clocks_change(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, start: str
) -> None:
    choose(everything, cast.claire, digest_at="02:00")
    with acting("claire"):
        make(Event, starts_at=utc(start) + timedelta(hours=9))
    times = [utc(start) + timedelta(minutes=20 * step) for step in range(9)]
    assert sum(at(app, f"{one:%Y-%m-%dT%H:%M}") for one in times) == 1
    assert len(messages(everything)) == 1


def test_who_is_inactive_or_chose_none_gets_none(
    app: Flask, acting: Acting, cast: Cast, everything: Everything
) -> None:
    with acting("claire"):
        make(Event, starts_at=utc("2027-03-10T09:00"))
    assert at(app, "2027-03-10T07:00") == 0
    choose(everything, cast.claire, active=False)
    assert at(app, "2027-03-10T07:00") == 0
    choose(everything, cast.claire, active=True)
    assert at(app, "2027-03-10T13:00") == 1, "hours late, it is not sent any more"
    assert messages(everything) == []
