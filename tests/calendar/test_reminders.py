"""Reminders are sent once, at their time, to whom they are for. Source: spec 9.5."""

from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask

from crm.calendar import services
from crm.calendar.models import (
    ReminderReason,
    ReminderStatus,
)
from crm.mail.models import MessageState
from tests.calendar.reminding import (
    Everything,
    due_at,
    line,
    messages,
    planned,
    reminders,
    told,
    utc,
)
from tests.factories import again, remove, save
from tests.fixtures import Acting, Cast

pytestmark = pytest.mark.both


@pytest.fixture(autouse=True)
def long_before() -> Iterator[None]:
    with time_machine.travel(utc("2027-01-04T08:00")):
        yield


@pytest.mark.accept("A-71")
def test_a_day_before_it_is_sent_at_the_same_hour(
    app: Flask, acting: Acting, cast: Cast, everything: Everything
) -> None:
    with acting("claire"):
        planned(line())
    assert due_at(app, "2027-03-09T12:59") == 0
    assert due_at(app, "2027-03-09T13:00") == 1
    assert due_at(app, "2027-03-09T13:00") == 0
    (message,) = messages(everything)
    assert (message.to_address, message.state) == ("claire@acme.example", MessageState.QUEUED)
    assert told(everything) == [cast.claire]


@pytest.mark.accept("A-71")
def test_it_moves_with_the_event(app: Flask, acting: Acting, everything: Everything) -> None:
    with acting("claire"):
        event = planned(line())
        save(event, starts_at=utc("2027-03-12T13:00"))
    assert due_at(app, "2027-03-09T13:00") == 0
    assert due_at(app, "2027-03-11T13:00") == 1
    assert len(messages(everything)) == 1


def test_it_keeps_its_hour_where_clocks_change_between(acting: Acting) -> None:
    with acting("claire"):
        event = planned(line(), starts_at=utc("2027-03-28T12:00"))  # 14:00 in summer time
        assert again(event).reminders[0].due_at == utc("2027-03-27T13:00")


def test_what_is_past_when_made_is_sent_at_once(
    app: Flask, acting: Acting, everything: Everything
) -> None:
    with time_machine.travel(utc("2027-03-10T09:00")), acting("claire"):
        planned(line())
    assert due_at(app, "2027-03-10T09:01") == 1
    assert len(messages(everything)) == 1


def test_of_an_event_that_has_begun_it_is_dropped(
    app: Flask, acting: Acting, everything: Everything
) -> None:
    with time_machine.travel(utc("2027-03-10T13:30")), acting("claire"):
        planned(line())
    assert due_at(app, "2027-03-10T13:31") == 0
    (reminder,) = reminders(everything)
    assert (reminder.status, reminder.reason) == (ReminderStatus.DROPPED, ReminderReason.PAST)


@pytest.mark.accept("A-74")
@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (services.cancel, ReminderReason.CANCELLED),
        (services.mark_done, ReminderReason.DONE),
    ],
)
def test_what_is_cancelled_or_done_sends_none_until_it_is_opened_again(
    app: Flask, acting: Acting, everything: Everything, end: object, reason: ReminderReason
) -> None:
    with acting("claire"):
        event = planned(line())
        end(event)  # type: ignore[operator]
    assert due_at(app, "2027-03-09T13:00") == 0
    assert reminders(everything)[0].reason == reason
    with acting("claire"):
        services.reopen(again(event))
    assert due_at(app, "2027-03-09T13:00") == 1


def test_what_is_in_the_bin_sends_none_until_it_is_restored(
    app: Flask, acting: Acting, everything: Everything
) -> None:
    with acting("alice"):
        event = planned(line())
        remove(event)
    assert due_at(app, "2027-03-09T13:00") == 0
    assert reminders(everything)[0].reason == ReminderReason.DELETED
    with acting("alice"):
        services.restore(event.id)
    assert due_at(app, "2027-03-09T13:00") == 1
