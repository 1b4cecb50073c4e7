"""Guests are told by mail: invited, of another date or place, and that it is off; each once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import icalendar
import pytest
import recurring_ical_events
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import undefer

from crm.accounts.models import Contact
from crm.calendar import services
from crm.calendar.invitations import answering, noting, telling
from crm.calendar.models import (
    Answer,
    Event,
    EventStatus,
    EventType,
    GuestCheck,
    Invitation,
    Visibility,
)
from crm.calendar.recurrence import Frequency, Rule
from crm.calendar.series import changing, deleting
from crm.calendar.series.reach import Reach
from crm.companies.models import CompanySettings
from crm.core.db import db, transaction
from crm.core.rows import unfiltered
from crm.core.types import utcnow
from crm.mail.composing import compose
from crm.mail.connection import prepare
from crm.mail.models import Message
from tests.calendar.inviting import rest, tell_guests
from tests.factories import again, make, person, remove, save, table_of
from tests.fixtures import Acting, Cast

pytestmark = pytest.mark.both

START = datetime(2038, 1, 20, 13, tzinfo=UTC)  # 14:00 in Paris
HOUR = timedelta(hours=1)
SOPHIE = "sophie@example.com"


@pytest.fixture
def tell(app: Flask) -> Callable[[], list[Message]]:
    """Two minutes later: the messages that were made by then, oldest first."""

    def go() -> list[Message]:
        tell_guests(app)
        with app.app_context():
            with unfiltered("the test looks at every message"):
                content = (Message.body_html, Message.body_text, Message.calendar)
                statement = select(Message).order_by(Message.id)
                statement = statement.options(*(undefer(one) for one in content))
                found = list(db.session.scalars(statement).unique())
            db.session.expunge_all()
            return found

    return go


def kinds_of(messages: list[Message]) -> list[tuple[str, str]]:
    return [(one.kind.value, one.to_address or "") for one in messages]


def part_of(message: Message) -> Any:
    """The one component of the calendar in a message, by the strict parser."""
    calendar = icalendar.Calendar.from_ical(message.calendar, multiple=False)
    assert calendar["method"] == message.calendar_method
    (event,) = calendar.walk("VEVENT")
    return event


def invited(**values: Any) -> Event:
    """A meeting with Sophie, as whoever acts would make it."""
    first = {"starts_at": START, "ends_at": START + HOUR, "participants": [{"email": SOPHIE}]}
    event: Event = make(Event, **{**first, **values})
    return event


@pytest.mark.accept("A-75")
def test_a_guest_is_invited_told_of_a_change_and_of_the_removal(
    acting: Acting, tell: Callable[[], list[Message]]
) -> None:
    with acting("claire"):
        event = invited(location="14 quai Rambaud, Lyon")
    (invitation,) = tell()
    assert kinds_of([invitation]) == [("invitation", SOPHIE)]
    part = part_of(invitation)
    assert invitation.calendar_method == "REQUEST"
    assert part["attendee"] == f"mailto:{SOPHIE}"
    assert part["attendee"].params["RSVP"] == "TRUE"
    assert (part["uid"], part["sequence"]) == (event.uid, 0)
    assert part.start.astimezone(UTC) == START
    assert "/p/" in invitation.body_html
    assert "/p/" in invitation.body_text
    assert "heure de Paris" in invitation.body_text
    with acting("claire"):
        save(again(event), starts_at=START + HOUR)
    changed = tell()[1:]
    assert kinds_of(changed) == [("date_changed", SOPHIE)]
    assert part_of(changed[0])["sequence"] == 1
    assert part_of(changed[0]).start.astimezone(UTC) == START + HOUR
    with acting("claire"):
        save(again(event), participants=[])
    removed = tell()[2:]
    assert kinds_of(removed) == [("guest_removed", SOPHIE)]
    assert removed[0].calendar_method == "CANCEL"
    assert part_of(removed[0])["status"] == "CANCELLED"
    assert part_of(removed[0])["sequence"] == 2
    assert len(tell()) == 3, "nothing is told twice"


def test_several_changes_make_one_mail_and_an_undone_one_none(
    acting: Acting, tell: Callable[[], list[Message]]
) -> None:
    with acting("claire"):
        event = invited()
    assert len(tell()) == 1
    with acting("claire"):
        save(again(event), starts_at=START + HOUR)
    with acting("claire"):
        save(again(event), location="Ici")
    assert kinds_of(tell()[1:]) == [("date_changed", SOPHIE)]
    with acting("claire"):
        save(again(event), starts_at=START)
    with acting("claire"):
        save(again(event), starts_at=START + HOUR)
    with acting("claire"):
        services.cancel(again(event))
    with acting("claire"):
        services.reopen(again(event))
    assert len(tell()) == 2
    with acting("claire"):
        save(again(event), description="<p>Autre chose</p>")
    assert len(tell()) == 2, "guests are told of when and where"


def test_nothing_is_told_before_two_minutes_have_passed(app: Flask, acting: Acting) -> None:
    with acting("claire"):
        invited()
    with app.app_context():
        assert telling.tell_guests() == 0
        (check,) = db.session.scalars(select(GuestCheck)).all()
        assert timedelta(seconds=110) < check.due_at - utcnow() <= timedelta(minutes=2)


def test_cancelling_deleting_and_restoring(
    acting: Acting, tell: Callable[[], list[Message]]
) -> None:
    with acting("claire"):
        event = invited()
    tell()
    with acting("claire"):
        services.cancel(again(event), "À bientôt <b>\npeut-être")
    cancelled = tell()[1:]
    assert kinds_of(cancelled) == [("guest_removed", SOPHIE)]
    assert "À bientôt &lt;b&gt;<br>peut-être" in cancelled[0].body_html
    with acting("claire"):
        services.reopen(again(event))
    assert kinds_of(tell()[2:]) == [("invitation", SOPHIE)]
    with acting("claire"):
        remove(again(event))
    assert kinds_of(tell()[3:]) == [("guest_removed", SOPHIE)]
    with acting("alice"):
        table_of(Event).restore(event.id)
    last = tell()[4:]
    assert kinds_of(last) == [("invitation", SOPHIE)]
    sequences = [part_of(one)["sequence"] for one in tell()]
    assert sequences == sorted(set(sequences)), "each is newer for a calendar"


def test_who_cancels_may_tell_nobody(acting: Acting, tell: Callable[[], list[Message]]) -> None:
    with acting("claire"):
        event = invited()
    tell()
    with acting("claire"):
        services.cancel(again(event), tells=False)
    assert len(tell()) == 1
    with acting("claire"):
        services.reopen(again(event))
    assert kinds_of(tell()[1:]) == [("invitation", SOPHIE)]


def test_nobody_is_told_of_tasks_and_past_events(
    acting: Acting, tell: Callable[[], list[Message]]
) -> None:
    past = utcnow() - timedelta(days=2)
    with acting("claire"):
        invited(type=EventType.TASK)
        invited(starts_at=past, ends_at=past + HOUR)
        done = invited()
        services.mark_done(done)
    assert tell() == []
    with acting("claire"):
        event = invited()
    tell()
    with acting("claire"):
        save(again(event), starts_at=past, ends_at=past + HOUR)
    assert len(tell()) == 1, "nobody is told that it is over"


def test_those_who_are_not_written_to_stand_in_the_outbox_with_the_reason(
    acting: Acting, tell: Callable[[], list[Message]], cast: Cast
) -> None:
    with acting("claire"):
        no_address = make(Contact, last_name="Sans")
        refusing = make(Contact, last_name="Non", email="non@example.com", do_not_email=True)
        make(Contact, last_name="Autre", email="autre@example.com", do_not_email=True)
        guests = [{"contact": no_address}, {"contact": refusing}, {"email": "autre@example.com"}]
        event = invited(participants=guests)
    reasons = {one.to_name or one.to_address: str(one.reason) for one in tell()}
    assert reasons == {
        "Sans": "no_address",
        "Non": "do_not_email",
        "autre@example.com": "do_not_email",
    }
    with acting("claire"):
        save(again(event), participants=[])
    assert len(tell()) == 3, "who was not invited is not told of the removal"
    with acting("alice") as session:
        mine = CompanySettings.company_id == cast.france
        settings = session.scalars(select(CompanySettings).where(mine)).one()
        settings.invitation_template = None
    with acting("claire"):
        invited()
    last = tell()[-1]
    assert (last.state.value, str(last.reason)) == ("skipped", "no_template")


def test_each_mail_names_its_recipient_alone(
    app: Flask, acting: Acting, tell: Callable[[], list[Message]], cast: Cast
) -> None:
    with acting("claire"):
        contact = make(Contact, last_name="Roy", civility="ms", email="roy@example.com")
        invited(
            participants=[
                {"email": SOPHIE},
                {"contact": contact, "role": "optional"},
                {"user": person(cast.hugo)},
                {"email": "ROY@example.com"},
            ]
        )
    found = {one.to_address: one for one in tell()}
    assert set(found) == {SOPHIE, "roy@example.com", person_email(acting, cast.hugo)}
    mails = composed(app)
    for address, message in found.items():
        mail = mails[address]
        whole = mail + message.calendar + message.body_html + message.body_text
        assert not [other for other in found if other != address and other in whole]
    roy = found["roy@example.com"]
    assert part_of(roy)["attendee"].params["ROLE"] == "OPT-PARTICIPANT"
    assert "Madame Roy" in roy.body_text
    assert (roy.contact_id, roy.to_relation) == (contact.id, "contact")
    assert (
        'Content-Type: text/calendar; charset="utf-8"; method="REQUEST"' in mails["roy@example.com"]
    )


def composed(app: Flask) -> dict[str, str]:
    """address → its mail, as it goes over the wire."""
    with app.app_context(), unfiltered("the test composes every message"):
        prepare()
        found = db.session.scalars(select(Message)).unique()
        return {str(one.to_address): compose(one).as_bytes().decode() for one in found}


def person_email(acting: Acting, user_id: int) -> str:
    with acting("alice"):
        return str(person(user_id).email)


def test_the_language_of_the_recipient(acting: Acting, tell: Callable[[], list[Message]]) -> None:
    with acting("claire"):
        french = make(Contact, last_name="Roy", email="roy@example.com", language="fr")
        english = make(Contact, last_name="Ray", email="ray@example.com", language="en")
        invited(participants=[{"contact": french}, {"contact": english}])
    found = {one.to_address: one.body_text for one in tell()}
    assert "Répondre à l’invitation" in found["roy@example.com"]
    assert "heure de Paris" in found["roy@example.com"]
    assert "Answer the invitation" in found["ray@example.com"]


def test_the_organiser_is_told_nothing(
    acting: Acting, tell: Callable[[], list[Message]], cast: Cast
) -> None:
    with acting("marc"):
        event = invited(owner=person(cast.claire), participants=[{"user": person(cast.hugo)}])
    tell()
    with acting("marc"):
        save(again(event), owner=person(cast.hugo))
    assert len(tell()) == 1, "the new organiser needs no cancellation"


def test_a_message_about_a_private_event_is_read_with_the_event_alone(
    acting: Acting, tell: Callable[[], list[Message]]
) -> None:
    with acting("claire"):
        contact = make(Contact, last_name="Roy", email="roy@example.com")
        guests = [{"contact": contact}]
        event = invited(participants=guests, visibility=Visibility.PRIVATE)
    (message,) = tell()
    assert (message.contact_id, message.event_id) == (None, event.id)


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("month", [3, 10])
def test_times_survive_calendars(
    acting: Acting, tell: Callable[[], list[Message]], zone: str, month: int
) -> None:
    days = [datetime(2038, month, day, 9, tzinfo=UTC) for day in (10, 31)]
    with acting("claire"):
        for start in days:
            invited(starts_at=start, ends_at=start + HOUR, time_zone=zone)
    parts = [part_of(one) for one in tell()]
    assert [part.start.astimezone(UTC) for part in parts] == days
    assert {str(part["dtstart"].params["TZID"]) for part in parts} == {zone}


def test_hostile_texts_stay_texts(acting: Acting, tell: Callable[[], list[Message]]) -> None:
    text = "Point; a, b\\n\nATTENDEE:mailto:evil@example.com\r\nX:1 " + "é" * 60
    with acting("claire"):
        invited(
            subject="Réunion; très, longue " * 8,
            location="Ici, là; \\",
            description=f"<p>{text}</p>",
        )
    (message,) = tell()
    part = part_of(message)
    assert part["summary"] == ("Réunion; très, longue " * 8).strip()
    assert part["location"] == "Ici, là; \\"
    assert "evil@example.com" in part["description"]
    assert part["attendee"] == f"mailto:{SOPHIE}"
    lines = message.calendar.encode().split(b"\r\n")
    assert max(map(len, lines)) <= 75


def test_whole_days_are_days(acting: Acting, tell: Callable[[], list[Message]]) -> None:
    with acting("claire"):
        invited(all_day=True, time_zone="Europe/Paris", ends_at=START + timedelta(days=1))
    part = part_of(tell()[0])
    days = (datetime(2038, 1, 20).date(), datetime(2038, 1, 22).date())  # noqa: DTZ001  no time
    assert (part.start, part.end) == days


def test_two_workers_tell_each_once(app: Flask, acting: Acting) -> None:
    with acting("claire"):
        for number in range(6):
            invited(participants=[{"email": f"guest{number}@example.com"}, {"email": SOPHIE}])
    rest(app)

    def work() -> None:
        with app.app_context():
            telling.tell_guests()

    workers = [Thread(target=work) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    with app.app_context():
        telling.tell_guests()  # what one of them found locked
        with unfiltered("the test counts every message"):
            causes = db.session.scalars(select(Message.cause)).all()
            told = db.session.scalars(select(Invitation.times)).all()
    assert len(causes) == len(set(causes)) == 12
    assert told == [1] * 12


def test_an_event_that_changes_while_it_is_told_is_told_later(
    app: Flask, acting: Acting, monkeypatch: pytest.MonkeyPatch, tell: Callable[[], list[Message]]
) -> None:
    with acting("claire"):
        event = invited()
    forget = telling.forget_check

    def late(check: GuestCheck) -> bool:
        check.due_at += timedelta(seconds=1)  # as a change in between leaves it
        with db.session.no_autoflush:
            return forget(check)

    monkeypatch.setattr(telling, "forget_check", late)
    assert tell() == []
    monkeypatch.undo()
    assert len(tell()) == 1
    with acting("claire"):
        assert again(event).status == EventStatus.PLANNED


def weekly(**values: Any) -> Event:
    """The first of five meetings with Sophie, one a week."""
    event = invited(**values)
    rule = Rule(frequency=Frequency.WEEKLY, weekdays=(2,), count=5)
    changing.update(event, {}, rule=rule)
    return event


def days_in(message: Message) -> list[datetime]:
    """The days that another calendar shows for a message."""
    calendar = icalendar.Calendar.from_ical(message.calendar)
    found = recurring_ical_events.of(calendar).between((2038, 1, 1), (2039, 1, 1))
    return sorted(part.start.astimezone(UTC) for part in found)


def occurrences_of(event: Event) -> list[Event]:
    series_id = again(event).series_id
    mine = select(Event).where(Event.series_id == series_id, Event.deleted_at.is_(None))
    return list(db.session.scalars(mine.order_by(Event.starts_at)))


def test_guests_of_a_series_get_one_mail_for_all_of_it(
    acting: Acting, tell: Callable[[], list[Message]]
) -> None:
    weeks = [START + timedelta(weeks=n) for n in range(5)]
    with acting("claire"):
        event = weekly()
    (invitation,) = tell()
    assert days_in(invitation) == weeks
    assert "Chaque semaine" in invitation.body_text
    with acting("claire"):
        remove(occurrences_of(event)[2])
        save(occurrences_of(event)[0], starts_at=START + HOUR)
    (changed,) = tell()[1:]
    assert kinds_of([changed]) == [("date_changed", SOPHIE)]
    assert days_in(changed) == [weeks[0] + HOUR, weeks[1], weeks[3], weeks[4]]
    with acting("alice"):
        deleting.delete(occurrences_of(event)[0], Reach.ALL)
    (removed,) = tell()[2:]
    assert removed.calendar_method == "CANCEL"
    uids = [
        part["uid"]
        for one in tell()
        for part in icalendar.Calendar.from_ical(one.calendar).walk("VEVENT")
    ]
    assert len(set(uids)) == 1


def test_an_answer_to_a_series_is_for_all_of_it(
    app: Flask, acting: Acting, tell: Callable[[], list[Message]]
) -> None:
    with acting("claire"):
        event = weekly()
    tell()
    with app.app_context(), unfiltered("whoever holds the link answers"), transaction():
        invitation = db.session.scalars(select(Invitation)).one()
        invited_to = answering.invited_by(invitation)
        assert invited_to is not None
        answering.answer(invited_to, Answer.YES, "Volontiers")
    with acting("claire"):
        given = [one.participants[0].answer.value for one in occurrences_of(event)]
        assert given == ["yes"] * 5
    assert len(tell()) == 1


def uids_of(messages: list[Message]) -> set[str]:
    """The UIDs in the calendars of these messages."""
    calendars = [icalendar.Calendar.from_ical(one.calendar) for one in messages]
    return {str(part["uid"]) for one in calendars for part in one.walk("VEVENT")}


def test_an_event_that_becomes_a_series_is_told_once_as_the_same(
    acting: Acting, tell: Callable[[], list[Message]]
) -> None:
    weeks = [START + timedelta(weeks=n) for n in range(5)]
    with acting("claire"):
        event = invited()
    (invitation,) = tell()
    with acting("claire"):
        changing.update(
            again(event), {}, rule=Rule(frequency=Frequency.WEEKLY, weekdays=(2,), count=5)
        )
    told = tell()
    assert kinds_of(told[1:]) == [("date_changed", SOPHIE)]
    assert told[1].calendar_method == "REQUEST"
    assert uids_of(told) == {str(part_of(invitation)["uid"])}
    assert [part_of(one)["sequence"] for one in told] == [0, 1]
    assert days_in(told[1]) == weeks
    assert "Chaque semaine" in told[1].body_text
    with acting("alice"):
        deleting.delete(again(event), Reach.ALL)
    assert kinds_of(tell()[2:]) == [("guest_removed", SOPHIE)]
    assert uids_of(tell()) == uids_of(told)


def test_an_event_that_becomes_a_series_before_it_was_told_is_one_invitation(
    acting: Acting, tell: Callable[[], list[Message]]
) -> None:
    with acting("claire"):
        event = invited()
    with acting("claire"):
        changing.update(
            again(event), {}, rule=Rule(frequency=Frequency.WEEKLY, weekdays=(2,), count=5)
        )
    assert kinds_of(tell()) == [("invitation", SOPHIE)]


@pytest.mark.parametrize("reach", [Reach.FOLLOWING, Reach.ALL])
def test_a_new_series_is_told_once_where_nothing_is_ahead_in_the_one_before(
    acting: Acting, tell: Callable[[], list[Message]], reach: Reach
) -> None:
    begin = utcnow().replace(second=0, microsecond=0) - timedelta(days=8)
    with acting("claire"):
        event = invited(starts_at=begin, ends_at=begin + HOUR)
        changing.update(event, {}, rule=Rule(frequency=Frequency.DAILY, interval=7, count=5))
        for over in occurrences_of(event)[:2]:
            services.mark_done(over)
    (invitation,) = tell()
    with acting("claire"):
        third = occurrences_of(event)[2]
        changing.move(third, third.starts_at + HOUR, third.ends_at + HOUR, reach)
        assert third.series_id != again(event).series_id
        starts = [one.starts_at for one in occurrences_of(third)]
    (changed,) = tell()[1:]
    assert kinds_of([changed]) == [("date_changed", SOPHIE)]
    assert uids_of([changed]) == uids_of([invitation])
    (part,) = icalendar.Calendar.from_ical(changed.calendar).walk("VEVENT")
    assert "rrule" in part
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(changed.calendar))
    shown = found.between(begin, begin + timedelta(days=50))
    assert [one.start.astimezone(UTC) for one in shown] == starts


def test_a_split_of_what_is_ahead_ends_one_uid_and_begins_another(
    acting: Acting, tell: Callable[[], list[Message]]
) -> None:
    weeks = [START + timedelta(weeks=n) for n in range(5)]
    with acting("claire"):
        event = weekly()
    tell()
    with acting("claire"):
        third = occurrences_of(event)[2]
        changing.move(third, third.starts_at + HOUR, third.ends_at + HOUR, Reach.FOLLOWING)
    ended, begun = tell()[1:]
    assert kinds_of([ended, begun]) == [("date_changed", SOPHIE)] * 2
    assert days_in(ended) == weeks[:2]
    assert days_in(begun) == [one + HOUR for one in weeks[2:]]
    assert len(uids_of([ended, begun])) == 2
    assert "2 fois" in ended.body_text
    assert "3 fois" in begun.body_text
    assert begun.body_text.count("/p/") == 1
    (part,) = icalendar.Calendar.from_ical(ended.calendar).walk("VEVENT")
    assert part["rrule"]["count"] == [2]
    assert "exdate" not in part


def test_who_splits_a_series_may_tell_nobody(
    acting: Acting, tell: Callable[[], list[Message]]
) -> None:
    with acting("claire"):
        event = weekly()
    tell()
    with acting("claire"):
        third = occurrences_of(event)[2]
        changing.move(third, third.starts_at + HOUR, third.ends_at + HOUR, Reach.FOLLOWING)
        noting.tell_nobody(third)
    assert len(tell()) == 1
    with acting("claire"):
        deleting.delete(again(third), Reach.THIS)
    assert kinds_of(tell()[1:]) == [("date_changed", SOPHIE)]
