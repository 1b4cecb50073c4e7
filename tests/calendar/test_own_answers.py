"""The answer of a user who is invited: on the record and from the calendar, for themself alone."""

import html
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from crm.calendar import services
from crm.calendar.models import Event, GuestCheck
from crm.core.db import db, transaction
from crm.core.types import utcnow
from tests.calendar.test_series import AHEAD, live, series
from tests.factories import again, make, person, save
from tests.fixtures import Acting, Cast, Client

pytestmark = pytest.mark.both

AsUser = Callable[[str], Client]
START = datetime(2038, 1, 21, 9, tzinfo=UTC)


@pytest.fixture
def event(app: Flask, acting: Acting, cast: Cast) -> Event:
    """Claire's private meeting, to which Marc is invited."""
    with acting("claire"):
        found: Event = make(
            Event,
            subject="Visite du site",
            starts_at=START,
            ends_at=START + timedelta(hours=1),
            visibility="private",
            participants=[{"user": person(cast.marc)}, {"email": "other@example.com"}],
        )
    with app.app_context(), transaction() as session:
        for check in session.scalars(select(GuestCheck)):
            session.delete(check)
    return found


def answers_of(acting: Acting, event: Event) -> list[tuple[str, str | None]]:
    with acting("claire"):
        return [(one.answer.value, one.comment) for one in again(event).participants]


@pytest.mark.accept("A-75")
def test_an_invited_user_answers_on_the_record_and_the_organiser_is_told(
    app: Flask, as_user: AsUser, acting: Acting, event: Event
) -> None:
    marc, url = as_user("marc"), f"/events/answer/{event.id}"
    record = marc.get(f"/events/show/{event.id}").text
    assert all(f"{url}?answer={one}" in record for one in ("yes", "maybe", "no"))
    dialog = marc.get(f"{url}?answer=maybe").text
    assert 'value="maybe" checked' in dialog
    with acting("claire"):
        before = again(event).row_version
    given = {"answer": "yes", "comment": "Avec <plaisir>"}
    for _ in range(2):
        assert marc.post(url, data=given).status_code == 303
    assert answers_of(acting, event) == [("yes", "Avec <plaisir>"), ("waiting", None)]
    told = html.unescape(as_user("claire").get("/notices/list/").text)
    assert told.count("will come to Visite du site: “Avec <plaisir>”") == 1
    page = html.unescape(marc.get(f"/events/show/{event.id}").text)
    assert "Your answer: Yes" in page
    marc.post(url, data={"answer": "no", "comment": ""})
    assert answers_of(acting, event)[0] == ("no", None)
    with acting("claire"):
        assert again(event).row_version == before
    with app.app_context():
        assert db.session.scalars(select(GuestCheck)).all() == []


def test_the_popover_of_the_calendar_offers_the_same(
    as_user: AsUser, event: Event, acting: Acting
) -> None:
    marc, url = as_user("marc"), f"/calendar/event/{event.id}"
    found = marc.get(url).text
    assert "Waiting" in found
    assert f"/events/answer/{event.id}?answer=no" in found
    assert "/events/answer/" not in as_user("claire").get(url).text
    with acting("claire"):
        services.cancel(again(event))
    assert "/events/answer/" not in marc.get(url).text


def test_nobody_answers_for_others(
    as_user: AsUser, acting: Acting, event: Event, cast: Cast
) -> None:
    url = f"/events/answer/{event.id}"
    for name in ("claire", "hugo", "alice", "audrey", "olga"):
        assert as_user(name).get(url).status_code == 404, name
        assert as_user(name).post(url, data={"answer": "yes"}).status_code == 404, name
    assert as_user("nadia").post(url, data={"answer": "yes"}).status_code == 403
    assert answers_of(acting, event) == [("waiting", None)] * 2


def test_an_answer_is_one_of_three_and_comes_before_the_start(
    as_user: AsUser, acting: Acting, event: Event
) -> None:
    marc, url = as_user("marc"), f"/events/answer/{event.id}"
    for wrong in ("", "waiting", "yes\0"):
        answer = marc.post(url, data={"answer": wrong, "comment": "Peut-être"})
        assert answer.status_code == 422
        assert "Choose an answer." in answer.text
        assert "Peut-être" in answer.text
    past = utcnow() - timedelta(minutes=5)
    with acting("claire"):
        save(again(event), starts_at=past, ends_at=past + timedelta(hours=1))
    late = marc.post(url, data={"answer": "yes"})
    assert late.status_code == 303
    assert "This event has begun or is over." in marc.get(late.headers["Location"]).text
    assert answers_of(acting, event)[0] == ("waiting", None)


def test_one_of_a_series_or_all_of_it(as_user: AsUser, acting: Acting, cast: Cast) -> None:
    with acting("claire"):
        first, *rest = series(start=AHEAD, participants=[{"user": person(cast.marc)}])
        services.cancel(rest[-1])
    marc, url = as_user("marc"), f"/events/answer/{rest[0].id}"
    assert "9 events" in marc.get(url).text

    def answers() -> list[str]:
        with acting("claire"):
            return [one.participants[0].answer.value for one in live(again(first))]

    marc.post(url, data={"answer": "maybe"})
    assert answers() == ["waiting", "maybe", *["waiting"] * 8]
    marc.post(url, data={"answer": "yes", "reach": "all"})
    assert answers() == [*["yes"] * 9, "waiting"]
    told: Any = as_user("claire").get("/notices/list/").text
    assert told.count("will come to Point d’équipe") == 1
