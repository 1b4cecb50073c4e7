"""Series on the pages of events: the form, the question, moving, deleting, what others read."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, select

from crm.accounts.models import Contact
from crm.calendar import services
from crm.calendar.models import Event, GuestCheck
from crm.calendar.series import changing
from crm.calendar.series.reach import Reach
from crm.core.db import db
from tests.calendar.test_series import AHEAD, days, live, local, series
from tests.factories import again, make, person
from tests.fixtures import Acting, Cast, Client

# Monday 22 March 2038, 14:00 to 15:00 in Paris.
AT_TWO = "starts_at=2038-03-22T14:00%2B01:00&ends_at=2038-03-22T15:00%2B01:00"
AsUser = Callable[[str], Client]


def typed(cast: Cast, **more: Any) -> dict[str, Any]:
    """The form of an event that repeats every second week, as a browser posts it."""
    return {
        "type": "meeting", "subject": "Point", "starts_at": "2038-03-03T10:00",
        "ends_at": "2038-03-03T12:00", "owner": cast.claire, "repeat": "weekly",
        "repeat_interval": "2", "repeat_weekdays": ["0", "2", "4"], "repeat_monthly": "day",
        "repeat_end": "count", "repeat_count": "6", "repeat_until": "", "visibility": "public",
        "availability": "busy", **more,
    }  # fmt: skip


def edited(event: Event, **more: Any) -> dict[str, Any]:
    """The form of one of the weekly series, as it opens, with what is typed."""
    start, end = (one.astimezone(event.zone) for one in (event.starts_at, event.ends_at))
    return {
        "row_version": event.row_version, "subject": event.subject,
        "starts_at": f"{start:%Y-%m-%dT%H:%M}", "ends_at": f"{end:%Y-%m-%dT%H:%M}",
        "owner": event.owner_id, **more,
    }  # fmt: skip


def choices(page: str) -> dict[str, str]:
    """The answers that the question offers: value → number of events."""
    return dict(
        re.findall(r'name="reach" value="(\w+)".*?<span class="meta num">([^<]*)</span>', page)
    )


@pytest.fixture
def ten(acting: Acting) -> list[Event]:
    with acting("marc"):
        return series(start=AHEAD)


def test_a_form_makes_a_series(as_user: AsUser, acting: Acting, cast: Cast) -> None:
    claire = as_user("claire")
    assert 'name="repeat"' in claire.get("/events/add?type=meeting").text
    answer = claire.post("/events/add?type=meeting", data=typed(cast))
    assert answer.status_code == 303
    assert "6 events created" in claire.get(answer.headers["Location"]).text
    with acting("claire"):
        found = list(db.session.scalars(select(Event).order_by(Event.starts_at)))
        assert days(found) == [
            "03/03 10:00", "05/03 10:00", "15/03 10:00", "17/03 10:00", "19/03 10:00",
            "29/03 10:00",
        ]  # fmt: skip
        page = claire.get(f"/events/show/{found[2].id}").text
    assert "Every 2 weeks, on Mondays, Wednesdays, and Fridays at 10:00, 6 times" in page
    assert f"/events/show/{found[1].id}" in page
    assert f"/events/show/{found[3].id}" in page


@pytest.mark.accept("A-70")
@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"repeat_interval": "0"}, "interval"),
        ({"repeat_weekdays": []}, "weekdays"),
        ({"repeat_end": "until", "repeat_until": "01/03/2038"}, "until"),
        ({"repeat_end": "until", "repeat_until": "jamais"}, "until"),
        ({"repeat": "daily", "repeat_interval": "1", "repeat_count": "367"}, "count"),
        ({"repeat": "monthly", "repeat_monthly": "3"}, "monthly"),
    ],
)
def test_a_wrong_rule_is_said_beside_its_field_and_nothing_is_created(
    as_user: AsUser, acting: Acting, cast: Cast, wrong: dict[str, Any], place: str
) -> None:
    answer = as_user("claire").post("/events/add?type=meeting", data=typed(cast, **wrong))
    assert answer.status_code == 422
    assert f'id="e-repeat_{place}"' in answer.text
    assert 'value="Point"' in answer.text
    with acting("claire"):
        assert db.session.scalar(select(Event.id)) is None


def test_all_that_is_wrong_is_said_at_once(as_user: AsUser, cast: Cast) -> None:
    data = typed(cast, subject="", repeat_interval="0")
    page = as_user("claire").post("/events/add?type=meeting", data=data)
    assert page.status_code == 422
    assert 'id="e-subject"' in page.text
    assert 'id="e-repeat_interval"' in page.text


def test_the_rule_is_told_while_it_is_typed(as_user: AsUser, cast: Cast) -> None:
    claire = as_user("claire")
    page = claire.post("/events/repeat?type=meeting", data=typed(cast)).text
    assert "6 times from Wednesday 3 Mar 2038." in page
    assert page.count("<li>") == 5  # and one that is muted
    assert "and 1 more, the last one on Mon 29 Mar" in page
    assert 'data-submit="Save 6 events"' in page
    assert "change to summer time on 28 Mar 2038" in page
    wrong = claire.post("/events/repeat?type=meeting", data=typed(cast, repeat_count="367")).text
    assert "At most 366 occurrences" in wrong
    empty = claire.post("/events/repeat?type=meeting", data=typed(cast, starts_at="?")).text
    assert "data-rule" not in empty


@pytest.mark.accept("A-68")
def test_saving_asks_how_far_with_the_number_of_events(
    as_user: AsUser, acting: Acting, ten: list[Event]
) -> None:
    with acting("marc"):
        services.mark_done(again(ten[0]))
        fourth = again(ten[3])
    marc = as_user("marc")
    url = f"/events/edit/{fourth.id}"
    page = marc.post(url, data=edited(fourth, location="Salle 2")).text
    assert choices(page) == {
        "this": "1 event", "following": "7 events", "all": "9 events",
    }  # fmt: skip
    assert "1 done event stays as it is" in page
    assert 'name="location" value="Salle 2"' in page
    with acting("marc"):
        assert again(fourth).location is None
    answer = marc.post(url, data=edited(fourth, location="Salle 2", reach="all"))
    assert answer.status_code == 303
    with acting("marc"):
        assert [one.location for one in live(ten[3])] == [None, *["Salle 2"] * 9]


def test_nothing_is_asked_where_nothing_changes(
    as_user: AsUser, acting: Acting, ten: list[Event]
) -> None:
    answer = as_user("marc").post(f"/events/edit/{ten[3].id}", data=edited(ten[3]))
    assert answer.status_code == 303
    with acting("marc"):
        assert again(ten[3]).apart == frozenset()


def test_a_refused_change_stays_in_its_form(as_user: AsUser, ten: list[Event]) -> None:
    data = edited(ten[3], ends_at="2038-03-22T09:00", reach="following")
    answer = as_user("marc").post(f"/events/edit/{ten[3].id}", data=data)
    assert answer.status_code == 422
    assert 'id="e-ends_at"' in answer.text


def test_a_new_rule_is_for_the_following_or_all(
    as_user: AsUser, acting: Acting, ten: list[Event]
) -> None:
    marc, url = as_user("marc"), f"/events/edit/{ten[3].id}"
    form = marc.get(url).text
    assert 'name="repeat_count" value="7"' in form
    rule = {
        "repeat": "weekly", "repeat_interval": "1", "repeat_weekdays": ["0", "2"],
        "repeat_end": "count", "repeat_count": "4",
    }  # fmt: skip
    same = {**rule, "repeat_weekdays": ["0"], "repeat_count": "7"}
    assert marc.post(url, data=edited(ten[3], **same)).status_code == 303
    with acting("marc"):
        fourth = again(ten[3])
    page = marc.post(url, data=edited(fourth, **rule)).text
    assert list(choices(page)) == ["following", "all"]
    assert marc.post(url, data=edited(fourth, **rule, reach="following")).status_code == 303
    with acting("marc"):
        assert days(live(again(ten[3]))) == [
            "22/03 10:00", "24/03 10:00", "29/03 10:00", "31/03 10:00",
        ]  # fmt: skip
        assert len(live(ten[0])) == 3


def test_a_start_on_another_day_is_a_move_and_no_new_rule(
    as_user: AsUser, acting: Acting, ten: list[Event]
) -> None:
    rule = {
        "repeat": "weekly", "repeat_interval": "1", "repeat_weekdays": ["1"],
        "repeat_end": "count", "repeat_count": "7",
    }  # fmt: skip
    data = edited(ten[3], starts_at="2038-03-23T10:00", ends_at="2038-03-23T11:00", **rule)
    marc, url = as_user("marc"), f"/events/edit/{ten[3].id}"
    assert list(choices(marc.post(url, data=data).text)) == ["this", "following", "all"]
    assert marc.post(url, data={**data, "reach": "all"}).status_code == 303
    with acting("marc"):
        assert days(live(ten[0]))[:2] == ["02/03 10:00", "09/03 10:00"]


def test_the_calendar_asks_and_moves(as_user: AsUser, acting: Acting, ten: list[Event]) -> None:
    marc = as_user("marc")
    url = f"/events/move/{ten[3].id}?{AT_TWO}"
    page = marc.get(url).text
    assert choices(page)["following"] == "7 events"
    answer = marc.post(
        url,
        data={"reach": "following", "row_version": ten[3].row_version, "back": "/events/"},
    )
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/events/"
    with acting("marc"):
        moved = again(ten[3])
        assert days(live(moved))[:2] == ["22/03 14:00", "29/03 14:00"]
    assert marc.get(f"/events/move/{ten[3].id}?starts_at=x").status_code == 400
    assert marc.post(url, data={"reach": "some"}).status_code == 400
    evil = {"back": "//evil.example", "row_version": moved.row_version}
    assert marc.post(url, data=evil).headers["Location"] == f"/events/show/{moved.id}"


def test_an_old_page_does_not_move_what_others_saved(
    as_user: AsUser, acting: Acting, ten: list[Event]
) -> None:
    url = f"/events/move/{ten[3].id}?{AT_TWO}"
    with acting("marc"):
        services.update(again(ten[3]), {"location": "Ici"})
    answer = as_user("marc").post(url, data={"reach": "all", "row_version": ten[3].row_version})
    assert answer.status_code == 409


@pytest.mark.accept("A-69")
def test_deleting_asks_and_is_undone_as_one(
    as_user: AsUser, acting: Acting, ten: list[Event]
) -> None:
    marc = as_user("marc")
    record = marc.get(f"/events/show/{ten[3].id}").text
    assert f"/events/delete_series/{ten[3].id}" in record
    url = f"/events/delete_series/{ten[3].id}"
    assert choices(marc.get(url).text)["following"] == "7 events"
    answer = marc.post(url, data={"reach": "following", "row_version": ten[3].row_version})
    told = marc.get(answer.headers["Location"]).text
    assert "7 events deleted" in told
    undo = re.search(r"/events/restore/\d+\?row_version=\d+", told)
    assert undo is not None
    assert marc.post(undo[0]).status_code == 303
    with acting("marc"):
        assert len(live(ten[0])) == 10
        first = again(ten[0])
    marc.post(
        f"/events/delete_series/{first.id}", data={"reach": "all", "row_version": first.row_version}
    )
    with acting("marc"):
        assert live(ten[0]) == []


def test_events_of_colleagues_are_named_in_the_question(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("claire"):
        events = series(start=AHEAD)
    with acting("marc"):
        services.update(again(events[4]), {"owner": person(cast.marc)})
    page = (
        as_user("claire")
        .post(f"/events/edit/{events[0].id}", data=edited(events[0], location="Ici"))
        .text
    )
    assert choices(page)["all"] == "9 events"
    assert "1 event of colleagues stays as it is" in page


def test_others_find_neither_question_nor_move(as_user: AsUser, ten: list[Event]) -> None:
    olga = as_user("olga")
    move = f"/events/move/{ten[0].id}?starts_at=2038-03-22T14:00Z&ends_at=2038-03-22T15:00Z"
    for url in (move, f"/events/delete_series/{ten[0].id}", f"/events/repeat?of={ten[0].id}"):
        assert olga.post(url, data={"reach": "all"}).status_code in (403, 404)


def test_a_single_event_starts_to_repeat(as_user: AsUser, acting: Acting, ten: list[Event]) -> None:
    with acting("marc"):
        event = make(Event, starts_at=local("2038-03-01T10:00"))
    rule = {
        "repeat": "daily", "repeat_interval": "1", "repeat_end": "count", "repeat_count": "3",
    }  # fmt: skip
    answer = as_user("marc").post(f"/events/edit/{event.id}", data=edited(event, **rule))
    assert answer.status_code == 303
    with acting("marc"):
        assert days(live(again(event))) == ["01/03 10:00", "02/03 10:00", "03/03 10:00"]


def test_a_private_event_is_not_counted_in_the_question(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("claire"):
        events = series(start=AHEAD)
    with acting("marc"):
        services.update(again(events[4]), {"owner": person(cast.marc)})
    with acting("marc"):
        services.update(again(events[4]), {"visibility": "private"})
    claire, url = as_user("claire"), f"/events/edit/{events[0].id}"
    page = claire.post(url, data=edited(events[0], location="Ici")).text
    assert choices(page)["all"] == "9 events"
    assert "colleagues" not in page
    with acting("marc"):
        services.mark_done(again(events[4]))
    assert "done event" not in claire.post(url, data=edited(events[0], location="Ici")).text


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_a_date_that_no_calendar_has_is_no_move(
    as_user: AsUser, ten: list[Event], year: str
) -> None:
    marc, event = as_user("marc"), ten[3]
    url = f"/events/move/{event.id}?starts_at={year}-01-01T00:00Z&ends_at={year}-12-31T23:59-14:00"
    assert marc.get(url).status_code == 400
    data = {"reach": "all", "row_version": event.row_version}
    assert marc.post(url, data=data).status_code == 400


def test_a_guest_out_of_reach_hinders_no_change_of_the_series(
    as_user: AsUser, acting: Acting
) -> None:
    with acting("marc"):
        contact = make(Contact, last_name="Secret")
        events = series(start=AHEAD, participants=[{"contact": contact}])
    with acting("alice") as session:
        session.get_one(Contact, contact.id).deleted_at = again(events[0]).created_on
    with acting("marc"):
        first = again(events[0])
        lines = [{"id": first.participants[0].id}, {"email": "new@example.com"}]
        changing.update(first, {"participants": lines}, Reach.ALL)
    with acting("marc"):
        for event in live(events[0]):
            guests = {(one.contact_id, one.email) for one in event.participants}
            assert guests == {(contact.id, None), (None, "new@example.com")}


def with_guests(acting: Acting, ten: list[Event], cast: Cast) -> None:
    """Give all of a series two guests, without anything left to tell them."""
    with acting("marc"):
        guests = [{"email": "sophie@example.com"}, {"user": person(cast.hugo)}]
        changing.update(again(ten[0]), {"participants": guests}, Reach.ALL)
    with acting("marc"):
        db.session.execute(delete(GuestCheck))


def quiet_checks(acting: Acting) -> list[bool]:
    with acting("marc"):
        return [one.is_quiet for one in db.session.scalars(select(GuestCheck))]


@pytest.mark.parametrize("is_told", [True, False])
def test_the_question_asks_whether_guests_are_told(
    as_user: AsUser, acting: Acting, cast: Cast, ten: list[Event], is_told: bool
) -> None:
    with_guests(acting, ten, cast)
    with acting("marc"):
        version = again(ten[3]).row_version
    marc, url = as_user("marc"), f"/events/move/{ten[3].id}?{AT_TWO}"
    page = marc.get(url).text
    assert "Tell the 2 guests by e-mail" in page
    assert re.search(r'name="tell" value="1" checked', page)
    assert page.count("A new series starts here") == 1
    ticked = {"tell": "1"} if is_told else {}
    data = {"reach": "following", "row_version": version, "tell-asked": "1", **ticked}
    assert marc.post(url, data=data).status_code == 303
    assert quiet_checks(acting) == [not is_told]


def test_the_question_keeps_what_the_form_said_about_telling_guests(
    as_user: AsUser, acting: Acting, cast: Cast, ten: list[Event]
) -> None:
    with_guests(acting, ten, cast)
    with acting("marc"):
        data = edited(again(ten[3]), location="Ici", **{"tell-asked": "1"})
    marc, url = as_user("marc"), f"/events/edit/{ten[3].id}"
    page = marc.post(url, data=data).text
    assert page.count('name="tell-asked"') == page.count('name="tell"') == 1
    assert not re.search(r'name="tell" value="1" checked', page)
    assert marc.post(url, data={**data, "reach": "all"}).status_code == 303
    assert quiet_checks(acting) == [True]


def test_the_question_before_deleting_may_tell_nobody(
    as_user: AsUser, acting: Acting, cast: Cast, ten: list[Event]
) -> None:
    with_guests(acting, ten, cast)
    with acting("marc"):
        version = again(ten[3]).row_version
    marc, url = as_user("marc"), f"/events/delete_series/{ten[3].id}"
    page = marc.get(url).text
    assert "Tell the 2 guests by e-mail" in page
    assert "A new series starts here" not in page
    marc.post(url, data={"reach": "all", "row_version": version, "tell-asked": "1"})
    assert quiet_checks(acting) == [True]


def test_nobody_is_asked_to_tell_guests_where_there_are_none(
    as_user: AsUser, ten: list[Event]
) -> None:
    page = as_user("marc").get(f"/events/move/{ten[0].id}?{AT_TWO}").text
    assert 'name="tell"' not in page
    assert "A new series starts here" not in page, "all of it moves"
