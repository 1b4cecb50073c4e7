"""Calendar feeds: what calendars read at a secret address, as whom, and at what cost."""

import re
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest
import recurring_ical_events
from flask import Flask
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from crm.calendar.feeds import content, views
from crm.calendar.feeds.content import MOST
from crm.calendar.models import (
    Answer,
    CalendarFeed,
    Event,
    EventStatus,
    EventType,
    Participant,
    Visibility,
)
from crm.calendar.recurrence import Frequency, Rule
from crm.calendar.series import creating
from crm.companies.models import Company, User
from crm.companies.people import users
from crm.core.outage import Outage, unavailable
from crm.core.types import utcnow
from tests.factories import make, person, remove, save, table_of
from tests.fixtures import Acting, Cast, Client

As = Callable[[str], Client]
Everything = Callable[[], AbstractContextManager[Session]]
Counting = Callable[[], AbstractContextManager[list[str]]]

ADDRESS = re.compile(r'<code id="address-\w+">http://[^/]+(/calendar/feed/[^<]+\.ics)</code>')


def address_of(client: Client, kind: str = "mine") -> str:
    """The path of a new address."""
    answer = client.post("/calendar/feed/create", data={"kind": kind})
    assert answer.headers["Cache-Control"] == "no-store"
    (path,) = ADDRESS.findall(answer.text)
    return str(path)


def events_at(client: Client, path: str) -> list[icalendar.Event]:
    answer = client.get(path)
    assert answer.status_code == 200
    calendar = icalendar.Calendar.from_ical(answer.data)
    assert calendar.errors == []
    assert [one for one in calendar.walk() if one.errors] == []
    return list(calendar.events)


def subjects(client: Client, path: str) -> list[str]:
    return [str(one["SUMMARY"]) for one in events_at(client, path)]


@pytest.fixture
def soon() -> datetime:
    return utcnow().replace(minute=0, second=0, microsecond=0) + timedelta(days=3)


@pytest.mark.both
def test_a_feed_has_what_is_mine_and_what_i_am_invited_to(
    client: Client, as_user: As, acting: Acting, cast: Cast, soon: datetime, everything: Everything
) -> None:
    with acting("claire") as session:
        mine = make(
            Event,
            subject="Signature; chez <b>Élan</b>",
            starts_at=soon,
            location="Lyon, 3 rue X",
            description="<p>Ordre du jour</p><ul><li><p>un</p></li></ul>",
            video_url="https://meet.example.org/x",
        )
        make(Event, subject="Appeler", type=EventType.TASK, starts_at=soon)
        gone = make(Event, subject="Annulé", starts_at=soon)
        save(gone, status=EventStatus.CANCELLED)
        remove(make(Event, subject="Dans la corbeille", starts_at=soon))
        pk = mine.id
        for days in (-92, 402):
            make(Event, subject="Trop loin", starts_at=utcnow() + timedelta(days=days))
        make(Event, subject="Au bord", starts_at=utcnow() - timedelta(days=89))
    with acting("marc") as session:
        asked, declined, _other = (
            make(Event, subject=subject, starts_at=soon)
            for subject in ("Invitée", "Refusé", "Pas à moi")
        )
        session.flush()
        session.add(Participant(event=asked, user=person(cast.claire)))
        session.add(Participant(event=declined, user=person(cast.claire), answer=Answer.NO))
        session.add(Participant(event=asked, email="guest@example.org"))
    path = address_of(as_user("claire"))
    found = {str(one["SUMMARY"]): one for one in events_at(client, path)}
    assert set(found) == {
        "Signature; chez <b>Élan</b>", "Appeler", "Annulé", "Au bord", "Invitée",
    }  # fmt: skip
    first = found["Signature; chez <b>Élan</b>"]
    assert (first.start, first.end) == (soon, soon + timedelta(hours=1))
    assert str(first["LOCATION"]) == "Lyon, 3 rue X"
    said = str(first["DESCRIPTION"])
    assert said.startswith("Ordre du jour\n")
    assert "<p>" not in said
    assert f"Open in Comptoir: http://localhost/events/show/{pk}" in said
    assert "https://meet.example.org/x" in said
    assert isinstance(found["Appeler"].start, date)
    assert not isinstance(found["Appeler"].start, datetime)
    assert str(found["Annulé"]["STATUS"]) == "CANCELLED"
    assert b"guest@example.org" not in client.get(path).data


@pytest.mark.both
def test_the_team_s_feed_has_what_its_reader_may_read_at_this_moment(
    client: Client, as_user: As, acting: Acting, cast: Cast, soon: datetime, app: Flask
) -> None:
    for name in ("claire", "hugo", "nadia", "olga", "marc"):
        with acting("alice") as session:
            is_spanish = name == "olga"
            make(
                Event,
                subject=f"De {name}",
                owner=person(cast.people[name]),
                starts_at=soon,
                **({"company": session.get_one(Company, cast.iberia)} if is_spanish else {}),
            )
    path = address_of(as_user("claire"), "team")
    assert subjects(client, path) == ["De claire (Claire Colin)", "De hugo (Hugo Henry)"]
    with acting("alice"):
        save(person(cast.claire), groups=[])
    assert subjects(client, path) == ["De claire (Claire Colin)"], "out of the team"
    with acting("alice"):
        save(person(cast.claire), roles=[])
    assert subjects(client, path) == []


@pytest.mark.both
def test_an_answer_that_is_known_is_not_sent_again(
    client: Client, as_user: As, acting: Acting, soon: datetime, counting: Counting
) -> None:
    with acting("claire"):
        event = make(Event, subject="Un", starts_at=soon)
        pk = event.id
    path = address_of(as_user("claire"))
    first = client.get(path)
    tag, modified = first.headers["ETag"], first.headers["Last-Modified"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert first.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert first.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "Set-Cookie" not in first.headers
    for asked in ({"If-None-Match": tag}, {"If-Modified-Since": modified}):
        with counting() as statements:
            again = client.get(path, headers=asked)
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == tag
        assert len(statements) <= 3, statements
    assert client.head(path, headers={"If-None-Match": tag}).status_code == 304
    assert client.get(path, headers={"If-None-Match": '"other"'}).data == first.data
    with acting("claire") as session:
        save(session.get_one(Event, pk), subject="Deux")
    second = client.get(path, headers={"If-None-Match": tag})
    assert second.status_code == 200
    assert second.headers["ETag"] != tag
    with acting("claire") as session:
        remove(session.get_one(Event, pk))
    gone = client.get(path, headers={"If-None-Match": second.headers["ETag"]})
    assert gone.status_code == 200
    assert b"VEVENT" not in gone.data


def test_a_fetch_is_noted_at_most_once_a_minute(
    client: Client, as_user: As, everything: Everything, counting: Counting
) -> None:
    claire = as_user("claire")
    path = address_of(claire)
    assert "Not read yet" in claire.get("/calendar/feed/").text
    client.get(
        path, headers={"User-Agent": "Microsoft  Office/16.0\t(Windows NT 10.0) " + "x" * 90}
    )
    page = claire.get("/calendar/feed/").text
    assert "by Microsoft Office/16.0 (Windows NT 10.0)" in page
    assert "x" * 40 not in page
    with counting() as statements:
        client.get(path, headers={"User-Agent": "khal"})
    assert not [one for one in statements if one.startswith("UPDATE")]
    with everything() as session:
        session.execute(
            update(CalendarFeed).values(last_fetched_at=utcnow() - timedelta(minutes=2))
        )
    client.get(path, headers={"User-Agent": "<b>khal</b>"})
    assert "by &lt;b&gt;khal&lt;/b&gt;" in claire.get("/calendar/feed/").text


def test_a_busy_database_keeps_nobody_from_their_events(
    client: Client, as_user: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = address_of(as_user("claire"))

    def busy(*given: Any, **named: Any) -> None:
        raise unavailable(Outage.BUSY)

    monkeypatch.setattr(views.services, "note_fetch", busy)
    assert client.get(path).status_code == 200


def other_answers(client: Client, *paths: str) -> set[tuple[int, str, str | None]]:
    answers = [client.get(path) for path in paths]
    return {(one.status_code, one.text, one.headers.get("ETag")) for one in answers}


@pytest.mark.both
def test_nothing_tells_an_address_that_was_valid_from_one_that_never_was(
    client: Client, as_user: As, acting: Acting, cast: Cast, counting: Counting
) -> None:
    claire, hugo = as_user("claire"), as_user("hugo")
    revoked, replaced = address_of(claire), address_of(hugo)
    now = address_of(hugo)
    assert claire.post("/calendar/feed/revoke", data={"kind": "mine"}).status_code == 303
    inactive = address_of(as_user("nadia"))
    with acting("alice"):
        users.update(person(cast.nadia), {"active": False})
    secret = now.removesuffix(".ics").partition("-")[2].partition("-")[2]
    made_up = [
        f"/calendar/feed/{start}{secret}.ics"
        for start in (f"{cast.hugo}-team-", f"{cast.claire}-mine-", "", "0-", "99999999999-mine-")
    ]
    paths = [revoked, replaced, inactive, *made_up, "/calendar/feed/é-%ff%00.ics"]
    assert len(other_answers(client, *paths)) == 1
    assert other_answers(client, *paths).pop()[0] == 404
    for path in paths[:4]:
        with counting() as statements:
            client.get(path)
        assert len(statements) == 1, "each is refused after the same work"
    assert client.get(now).status_code == 200


def test_a_session_neither_opens_nor_changes_a_feed(
    as_user: As, acting: Acting, soon: datetime
) -> None:
    with acting("hugo"):
        make(Event, subject="De Hugo", starts_at=soon)
    path = address_of(as_user("hugo"))
    alice = as_user("alice")
    assert subjects(alice, path) == ["De Hugo"]
    assert "Make an address" in alice.get("/calendar/feed/").text, "Alice has none of her own"
    assert alice.post("/calendar/feed/revoke", data={"kind": "mine"}).status_code == 303
    assert subjects(alice, path) == ["De Hugo"], "Hugo's is not hers to revoke"


def test_only_kinds_that_exist_are_made(as_user: As) -> None:
    claire = as_user("claire")
    for kind in ("", "everybody", "MINE"):
        for method in ("create", "revoke"):
            assert claire.post(f"/calendar/feed/{method}", data={"kind": kind}).status_code == 404


def test_a_person_without_a_team_is_offered_their_own_events_alone(as_user: As) -> None:
    assert "My team" not in as_user("marc").get("/calendar/feed/").text
    assert "My team" in as_user("claire").get("/calendar/feed/").text


def test_no_log_has_the_secret_of_a_feed(
    client: Client,
    as_user: As,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = address_of(as_user("claire"))

    def bug(*given: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(content, "write", bug)
    assert client.get(path).status_code == 500
    assert "/calendar/feed/…" in caplog.text
    secret = path.removeprefix("/calendar/feed/").removesuffix(".ics")
    assert secret not in caplog.text
    assert secret.rpartition("mine-")[2] not in caplog.text


def test_no_table_has_the_secret_of_a_feed(as_user: As, everything: Everything) -> None:
    token = address_of(as_user("claire")).removeprefix("/calendar/feed/").removesuffix(".ics")
    with everything() as session:
        (feed,) = session.scalars(select(CalendarFeed))
        assert token not in repr(vars(feed))


def test_an_address_is_rate_limited(client: Client) -> None:
    answers = {client.get("/calendar/feed/1-mine-x.ics").status_code for _time in range(121)}
    assert answers == {404, 429}


@pytest.mark.slow("a feed of as many events as there may be")
def test_five_thousand_events_take_well_under_a_second(
    client: Client, as_user: As, acting: Acting, everything: Everything, counting: Counting
) -> None:
    with acting("claire"):
        first = make(Event, subject="É", description="<p>" + "Ordre du jour à préparer. " * 8)
    with everything() as session:
        row = dict(session.execute(select(Event.__table__)).mappings().one())
        begins = utcnow()
        rows = [
            {
                **row,
                "id": first.id + number,
                "uid": f"{number:032x}",
                "starts_at": begins + timedelta(hours=number),
                "ends_at": begins + timedelta(hours=number + 1),
            }
            for number in range(1, MOST + 1)
        ]
        session.execute(insert(Event.__table__), rows)
    path = address_of(as_user("claire"))
    client.get(path)
    begun = time.process_time()
    with counting() as statements:
        answer = client.get(path)
    spent = time.process_time() - begun
    assert answer.data.count(b"BEGIN:VEVENT") == MOST
    assert len(statements) <= 5, statements
    assert spent < 1.5, f"{spent:.2f} s"


@pytest.mark.both
def test_a_series_is_told_by_its_rule_as_far_as_its_reader_may_read_it(
    client: Client,
    as_user: As,
    acting: Acting,
    cast: Cast,
    soon: datetime,
    everything: Everything,
    counting: Counting,
) -> None:
    rule = Rule(frequency=Frequency.DAILY, count=5)
    with acting("claire") as session:
        values = {"subject": "Point", "starts_at": soon, "time_zone": "Europe/Paris"}
        events = creating.create(table_of(Event).defaults(values), rule)
        remove(events[1])
        save(events[2], subject="Ailleurs")
        session.flush()
        session.add(Participant(event=events[4], user=person(cast.nadia)))
        places = [event.original_start for event in events]
    path = address_of(as_user("claire"))
    client.get(path)
    with counting() as statements:
        data = client.get(path).data
    assert len(statements) <= 5, statements
    assert data.count(b"BEGIN:VEVENT") == 2
    assert data.count(b"RRULE:FREQ=DAILY;") == 1
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(data)).all()
    told = sorted((one.start.astimezone(UTC), str(one["SUMMARY"])) for one in found)
    subjects_of = {0: "Point", 2: "Ailleurs", 3: "Point", 4: "Point"}
    assert told == [(places[number], subject) for number, subject in subjects_of.items()]
    assert b"Ailleurs" not in client.get(address_of(as_user("nadia"))).data


@pytest.mark.both
@pytest.mark.accept("A-76")
def test_of_a_colleague_s_private_event_there_is_the_time_and_nothing_else(
    client: Client, as_user: As, acting: Acting, soon: datetime, cast: Cast, everything: Everything
) -> None:
    with acting("hugo"):
        private = make(
            Event,
            subject="Médecin",
            location="Clinique",
            description="<p>Secret</p>",
            visibility=Visibility.PRIVATE,
            starts_at=soon,
        )
        pk, uid = private.id, private.uid
    for name in ("claire", "marc"):
        data = client.get(address_of(as_user(name))).data
        assert data.count(b"BEGIN:VEVENT") == 0
    path = address_of(as_user("claire"), "team")
    answer = client.get(path)
    (busy,) = events_at(client, path)
    assert str(busy["SUMMARY"]) == "Busy (Hugo Henry)"
    assert (busy.start, busy.end) == (soon, soon + timedelta(hours=1))
    assert not {"LOCATION", "DESCRIPTION", "URL", "CLASS"} & set(busy)
    for hidden in ("Médecin", "Clinique", "Secret", uid, f"/{pk}"):
        assert hidden.encode() not in answer.data
    with everything() as session:
        session.execute(update(User).values(language="fr"))
    assert "Occupé (Hugo Henry)" in subjects(client, path)
    with acting("hugo") as session:
        save(session.get_one(Event, pk), starts_at=soon + timedelta(hours=3))
    moved = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert moved.status_code == 200
    with acting("hugo") as session:
        session.add(Participant(event=session.get_one(Event, pk), user=person(cast.claire)))
    assert "Médecin" in client.get(path).text, "who takes part reads it"
