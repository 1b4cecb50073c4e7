"""/calendar: what its script reads, for whom, and what it moves."""

import html
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm.calendar.models import Answer, Event, EventStatus, EventType, Participant
from crm.companies.models import User
from crm.core.models import Record
from tests.calendar.test_series import series
from tests.factories import again, make
from tests.fixtures import Acting, Cast, Client

AsUser = Callable[[str], Client]
MONDAY = datetime(2027, 1, 18, tzinfo=UTC)
WEEK = {"from": "2027-01-17T23:00:00+00:00", "to": "2027-01-24T23:00:00+00:00"}
TEN = datetime(2027, 1, 19, 9, tzinfo=UTC)  # in Paris


def rows(client: Client, *people: int, **more: str) -> dict[str, Any]:
    asked = {**WEEK, "people": ",".join(map(str, people)), **more}
    answer = client.get("/calendar/rows", query_string=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def titles(client: Client, *people: int, **more: str) -> list[str]:
    found = rows(client, *people, **more)
    return [found["titles"][at] for at in found["title"]]


def planned(subject: str = "Démonstration", start: datetime = TEN, **values: Any) -> Any:
    values = {"ends_at": start + timedelta(hours=1), **values}
    return make(Event, subject=subject, starts_at=start, **values)


@pytest.mark.accept("A-22")
@pytest.mark.both
def test_the_calendar_shows_ones_own_events(as_user: AsUser, acting: Acting, cast: Cast) -> None:
    with acting("claire"):
        event = planned(location="Lyon", time_zone="Asia/Kolkata")
        planned("Avant", TEN - timedelta(days=7))
        planned("Après", TEN + timedelta(days=7))
    found = rows(as_user("claire"), cast.claire)
    assert found["id"] == [event.id]
    minutes = (TEN - datetime.fromisoformat(WEEK["from"])) // timedelta(minutes=1)
    assert (found["at"], found["minutes"], found["day"]) == ([minutes], [60], [0])
    assert found["place"] == {"0": "Lyon"}
    assert found["zone"] == {"0": "Asia/Kolkata"}, "its own zone, which is not the reader's"
    assert found["owner"] == [cast.claire]


def test_nobody_sees_more_than_their_rights(as_user: AsUser, acting: Acting, cast: Cast) -> None:
    with acting("claire"):
        planned()
    for name in ("claire", "hugo", "marc", "alice", "ines", "audrey"):
        assert titles(as_user(name), cast.claire) == ["Démonstration"], name
    assert titles(as_user("olga"), cast.claire) == []
    for name in ("nadia", "theo"):
        assert as_user(name).get("/calendar/").status_code == 403
        assert as_user(name).get("/calendar/rows").status_code == 403


@pytest.mark.both
def test_an_invited_user_has_it_in_their_calendar_until_they_decline(
    as_user: AsUser, acting: Acting, cast: Cast, everything: Any
) -> None:
    with acting("claire"):
        event = planned()
    with everything() as session:
        marc, shown = session.get(User, cast.marc), session.get(Event, event.id)
        session.add(Participant(event=shown, user=marc))
    assert titles(as_user("marc"), cast.marc) == ["Démonstration"]
    assert rows(as_user("marc"), cast.marc)["with"] == {"0": [cast.marc]}
    with everything() as session:
        session.query(Participant).one().answer = Answer.NO
    assert titles(as_user("marc"), cast.marc) == []


def test_days_are_those_of_the_event_wherever_they_are_read(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("claire"):
        start = datetime(2027, 1, 18, 12, tzinfo=UTC)
        make(Event, subject="Salon", starts_at=start, all_day=True, time_zone="Pacific/Auckland",
             ends_at=start + timedelta(days=1))  # fmt: skip
        make(Event, type=EventType.TASK, subject="Rappeler", starts_at=TEN)
    found = rows(as_user("claire"), cast.claire)
    origin = datetime.fromisoformat(WEEK["from"])
    at, days = 0, {}
    for position, minutes in enumerate(found["at"]):
        at += minutes
        first = origin + timedelta(minutes=at)
        length = found["minutes"][position] // 1440
        days[found["titles"][found["title"][position]]] = (first.isoformat()[:16], length)
    assert days == {"Salon": ("2027-01-19T00:00", 2), "Rappeler": ("2027-01-19T00:00", 1)}


def test_types_agencies_and_nobody_are_asked_for(
    as_user: AsUser, acting: Acting, cast: Cast, everything: Any
) -> None:
    with acting("claire"):
        planned("Rendez-vous")
        planned("Appel", type=EventType.CALL)
        without = planned("Sans personne")
    with everything() as session:
        session.get(Event, without.id).owner_id = None
    claire = as_user("claire")
    assert titles(claire, cast.claire, types="call") == ["Appel"]
    assert titles(claire, 0) == ["Sans personne"]
    assert titles(claire) == []


@pytest.mark.parametrize(
    "asked",
    [{"from": "yesterday"}, {"to": "2027-01-01"}, {"to": "2029-01-01T00:00:00Z"},
     {"from": "0001-01-01T00:00:00+14:00"}],
)  # fmt: skip
def test_a_range_that_makes_no_sense_is_refused(as_user: AsUser, asked: dict[str, str]) -> None:
    assert as_user("claire").get("/calendar/rows", query_string=WEEK | asked).status_code == 400


def test_the_page_reads_any_address(as_user: AsUser) -> None:
    client = as_user("claire")
    for query in ("", "?view=month&date=2027-01-31", "?view=x&date=x&people=x,99&types=x&color=x"):
        assert client.get(f"/calendar/{query}").status_code == 200, query


def test_details_are_a_part_of_the_page(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        event = planned(location="14 quai Rambaud", time_zone="America/New_York")
    part = as_user("claire").get(f"/calendar/event/{event.id}").text
    for text in ("Tuesday 19 Jan 2027, 10:00–11:00", "04:00–05:00", "14 quai Rambaud", "Edit"):
        assert text in part, text
    assert "Edit" not in as_user("hugo").get(f"/calendar/event/{event.id}").text
    assert as_user("olga").get(f"/calendar/event/{event.id}").status_code == 404


def test_details_tell_guests_and_how_it_repeats(
    as_user: AsUser, acting: Acting, cast: Cast, everything: Any
) -> None:
    with acting("claire"):
        event = series()[0]
    with everything() as session:
        guest = Participant(
            event=session.get(Event, event.id), user=session.get(User, cast.marc), answer=Answer.YES
        )
        session.add(guest)
    part = as_user("claire").get(f"/calendar/event/{event.id}").text
    for text in ("Marc Morel", "Yes", "Every week"):
        assert text in part, text


def post(client: Client, verb: str, event: Record, version: int, **values: str) -> Any:
    data = {**values, "row_version": str(version)}
    return client.post(f"/calendar/{verb}/{event.id}", data=data)


def test_a_move_is_saved_and_undone(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        event = planned()
    claire = as_user("claire")
    span = {"start": "2027-01-20T14:00:00+01:00", "end": "2027-01-20T15:30:00+01:00"}
    answer = post(claire, "move", event, 1, **span)
    assert answer.status_code == 200
    with acting("claire"):
        moved = again(event)
        assert (moved.starts_at.hour, moved.ends_at.minute) == (13, 30)
    undo = answer.json["undo"]
    data = {"start": undo["start"], "end": undo["end"], "row_version": answer.json["version"]}
    assert claire.post(undo["url"], data=data).status_code == 200
    with acting("claire"):
        assert again(event).starts_at == TEN


def test_a_move_may_lead_to_whole_days_and_back(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        event = planned()
    answer = post(as_user("claire"), "move", event, 1, start="2027-01-20", end="2027-01-22")
    assert answer.json["undo"]["start"] == "2027-01-19T09:00:00Z"
    with acting("claire"):
        moved = again(event)
        assert (moved.all_day, moved.last_day.isoformat()) == (True, "2027-01-21")
    answer = post(as_user("claire"), "move", event, 2, start="2027-01-20T09:00:00Z",
                  end="2027-01-20T10:00:00Z")  # fmt: skip
    assert answer.json["undo"] | {"url": ""} == {
        "url": "", "start": "2027-01-20", "end": "2027-01-22",
    }  # fmt: skip


def test_a_move_that_rights_refuse_says_why(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        event = planned()
    days = {"start": "2027-01-20", "end": "2027-01-21"}
    refused = post(as_user("hugo"), "move", event, 1, **days)
    assert refused.status_code == 403
    assert "Claire Colin" in refused.json["message"]
    assert post(as_user("olga"), "move", event, 1, **days).status_code == 404
    with acting("claire"):
        assert again(event).starts_at == TEN


@pytest.mark.parametrize(
    ("start", "end"),
    [("2027-01-20", "2027-01-20T10:00:00Z"), ("2027-01-20T10:00:00", "2027-01-20T11:00:00"),
     ("x", "y"), ("9999-12-31", "9999-12-31")],
)  # fmt: skip
def test_a_made_up_span_is_refused(as_user: AsUser, acting: Acting, start: str, end: str) -> None:
    with acting("claire"):
        event = planned()
    assert post(as_user("claire"), "move", event, 1, start=start, end=end).status_code == 400


def test_rules_of_events_hold_for_a_move(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        event = planned()
        task = make(Event, type=EventType.TASK, starts_at=TEN)
    wrong = {"start": "2027-01-20T10:00:00Z", "end": "2027-01-20T09:00:00Z"}
    refused = post(as_user("claire"), "move", event, 1, **wrong)
    assert (refused.status_code, refused.json["message"]) == (
        422, "The end must come after the start.",
    )  # fmt: skip
    timed = {"start": "2027-01-20T10:00:00Z", "end": "2027-01-20T11:00:00Z"}
    assert post(as_user("claire"), "move", task, 1, **timed).status_code == 422


def test_a_stale_move_shows_both_versions_and_can_be_repeated(
    as_user: AsUser, acting: Acting
) -> None:
    with acting("claire"):
        event = planned()
    marc, claire = as_user("marc"), as_user("claire")
    there = {"start": "2027-01-21T09:00:00Z", "end": "2027-01-21T10:00:00Z"}
    assert post(marc, "move", event, 1, **there).status_code == 200
    mine = {"start": "2027-01-22T09:00:00Z", "end": "2027-01-22T10:00:00Z"}
    stale = post(claire, "move", event, 1, **mine)
    assert stale.status_code == 409
    for text in ("Marc Morel", "21 Jan 2027 10:00–11:00", "22 Jan 2027 10:00–11:00"):
        assert text in stale.json["html"], text
    assert post(claire, "move", event, stale.json["version"], **mine).status_code == 200


def test_another_field_that_was_changed_is_no_conflict(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        event = planned()
    data = {"location": "Lille", "row_version": "1"}
    assert as_user("marc").post(f"/events/field/{event.id}/location", data=data).status_code == 200
    days = {"start": "2027-01-20", "end": "2027-01-21"}
    assert post(as_user("claire"), "move", event, 1, **days).status_code == 200


def test_a_task_is_ticked_off_and_reopened(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        task = make(Event, type=EventType.TASK, starts_at=TEN, outcome="Laissé un message")
    answer = post(as_user("claire"), "mark_done", task, 1)
    assert answer.json["undo"] == {"url": f"/calendar/reopen/{task.id}"}
    with acting("claire"):
        done = again(task)
        assert (done.status, done.outcome) == (EventStatus.DONE, "Laissé un message")
    assert post(as_user("claire"), "reopen", task, 2).status_code == 200
    with acting("claire"):
        assert again(task).status == EventStatus.PLANNED


def test_a_new_event_leads_back_to_the_calendar(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    claire = as_user("claire")
    add = (
        "/events/add?short=1&type=meeting&calendar=view%3Dweek%26date%3D2027-01-19"
        "&starts_at=2027-01-19T10:00&ends_at=2027-01-19T10:45"
    )
    form = claire.get(add).text
    assert 'value="19/01/2027 10:00"' in form or 'value="19 Jan 2027 10:00"' in form
    data = {
        "subject": "Visite", "owner": cast.claire, "starts_at": "19/01/2027 10:00",
        "ends_at": "19/01/2027 10:45",
    }  # fmt: skip
    made = claire.post(add, data=data)
    assert made.headers["Location"] == "/calendar/?view=week&date=2027-01-19"
    assert titles(claire, cast.claire) == ["Visite"]
    assert "/events/delete/" not in claire.get(made.headers["Location"]).text, "she has no bin"
    marc = as_user("marc")
    made = marc.post(add, data={**data, "owner": cast.marc})
    assert "/events/delete/" in marc.get(made.headers["Location"]).text, "to undo it"


@pytest.mark.both
def test_what_was_ticked_is_remembered_for_the_person(as_user: AsUser, cast: Cast) -> None:
    claire = as_user("claire")
    ticked = {"people": f"{cast.hugo},99999", "types": "call", "color": "type", "view": "month"}
    assert claire.post("/calendar/remember", data=ticked).status_code == 200
    assert claire.post("/calendar/remember", data=ticked).status_code == 200, "again"
    opened = asked_of(claire, "/calendar/")
    assert (opened["people"], opened["types"], opened["color"]) == ([cast.hugo], ["call"], "type")
    assert opened["view"] == "", "which depends on the window"
    named = asked_of(claire, f"/calendar/?people={cast.claire}")
    assert (named["people"], named["types"]) == ([cast.claire], [])
    assert asked_of(as_user("marc"), "/calendar/")["people"] == [cast.marc]


def asked_of(client: Client, path: str) -> dict[str, Any]:
    found = re.search(r"data-calendar='([^']+)'", client.get(path).text)
    assert found is not None
    asked: dict[str, Any] = json.loads(html.unescape(found[1]))["asked"]
    return asked


@pytest.mark.both
def test_a_private_event_of_others_is_a_busy_time(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("claire"):
        secret = planned("Confidentiel", visibility="private", location="Cabinet médical")
    assert titles(as_user("claire"), cast.claire) == ["Confidentiel"]
    for name in ("hugo", "marc", "alice"):
        client = as_user(name)
        found = rows(client, cast.claire)
        minutes = (TEN - datetime.fromisoformat(WEEK["from"])) // timedelta(minutes=1)
        assert found["busy"] == [[minutes, 60, 0, cast.claire, "Busy"]], name
        assert found["id"] == []
        assert "Confidentiel" not in json.dumps(found)
        assert "Cabinet" not in json.dumps(found)
        assert rows(client, cast.claire, types="meeting")["busy"] == [], "no filter finds it"
        assert client.get(f"/calendar/event/{secret.id}").status_code == 404
        days = {"start": "2027-01-20", "end": "2027-01-21"}
        assert post(client, "move", secret, 1, **days).status_code == 404
        assert post(client, "mark_done", secret, 1).status_code == 404
    assert rows(as_user("olga"), cast.claire)["busy"] == []


@pytest.mark.accept("A-68")
def test_a_move_of_a_series_asks_how_far_it_goes(as_user: AsUser, acting: Acting) -> None:
    with acting("marc"):
        second = series()[1]
        start = second.starts_at + timedelta(hours=2)
    span = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}
    asked = post(as_user("marc"), "move", second, 1, **span)
    assert asked.json.keys() == {"ask"}
    question = as_user("marc").get(asked.json["ask"])
    assert question.status_code == 200
    assert "This and the following" in question.text
    assert post(as_user("hugo"), "move", second, 1, **span).status_code in (403, 404)
    with acting("marc"):
        assert again(second).starts_at == start - timedelta(hours=2)


@pytest.mark.both
def test_an_event_that_began_long_ago_is_there_while_it_lasts(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("claire"):
        for length in (30, 31, 32, 33, 400):
            begins = TEN - timedelta(days=length) + timedelta(hours=1)
            planned(f"{length} jours", begins, ends_at=begins + timedelta(days=length))
        planned("Congrès", TEN - timedelta(days=400), ends_at=TEN - timedelta(days=3))
    shown = sorted(titles(as_user("claire"), cast.claire))
    assert shown == ["30 jours", "31 jours", "32 jours", "33 jours", "400 jours"]
