"""A move of a series is undone as it was done: all of its events in one act, or none."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from crm.calendar import services
from crm.calendar.models import Event, EventSeries, Invitation, Told
from crm.core.db import db
from crm.core.rows import unfiltered
from crm.core.types import utcnow
from tests.calendar.test_series import AHEAD, series
from tests.factories import again, save
from tests.fixtures import Acting, Client

pytestmark = pytest.mark.both

AsUser = Callable[[str], Client]
# The fourth, of Monday 22 March 2038 at ten, on Tuesday at two.
THERE = "starts_at=2038-03-23T14:00%2B01:00&ends_at=2038-03-23T15:30%2B01:00"
NAMES = (
    "starts_at", "ends_at", "all_day", "time_zone", "series_id", "original_start", "apart",
    "location",
)  # fmt: skip
RULE = (
    "id", "uid", "starts_at", "time_zone", "frequency", "interval", "weekdays", "day", "position",
    "count", "until",
)  # fmt: skip


@pytest.fixture
def ten(acting: Acting) -> list[Event]:
    """Ten weeks of Marc's, of which the sixth was moved on its own."""
    with acting("marc"):
        found = series(start=AHEAD)
        sixth = found[5]
        save(sixth, starts_at=sixth.starts_at + timedelta(hours=2))
    return found


def everything(app: Flask) -> tuple[list[Any], list[Any]]:
    """All events and series, as far as a move changes them."""
    with app.app_context(), unfiltered("a test looks at everything"):
        events = db.session.scalars(select(Event).order_by(Event.id)).unique()
        rules = db.session.scalars(select(EventSeries).order_by(EventSeries.id))
        return (
            [[getattr(one, name) for name in NAMES] for one in events],
            [[getattr(one, name) for name in RULE] for one in rules],
        )


def move(client: Client, acting: Acting, event: Event, **more: str) -> str:
    """Move the event and what else is said; the address that undoes it."""
    with acting("marc"):
        version = again(event).row_version
    data = {"row_version": version, **more}
    moved = client.post(f"/events/move/{event.id}?{THERE}", data=data)
    assert moved.status_code == 303, moved.text
    page = client.get(moved.headers["Location"]).text
    found = re.search(r'formaction="(/events/undo_move/[^"]+)"', page)
    assert found is not None
    return found[1].replace("&amp;", "&")


@pytest.mark.parametrize("more", [{}, {"with_apart": "1"}])
@pytest.mark.parametrize("reach", ["this", "following", "all"])
def test_everything_is_as_it_was(
    app: Flask, as_user: AsUser, acting: Acting, ten: list[Event], reach: str, more: dict[str, str]
) -> None:
    before, marc = everything(app), as_user("marc")
    url = move(marc, acting, ten[3], reach=reach, **more)
    assert everything(app)[0] != before[0]
    answer = marc.post(url)
    assert answer.status_code == 303
    number = {"this": "1 event moved back", "following": "7 events", "all": "10 events"}[reach]
    assert number in marc.get(answer.headers["Location"]).text
    assert everything(app) == before


def test_a_series_that_keeps_done_events_is_whole_again(
    app: Flask, as_user: AsUser, acting: Acting, ten: list[Event]
) -> None:
    with acting("marc"):
        services.mark_done(again(ten[0]))
    before, marc = everything(app), as_user("marc")
    url = move(marc, acting, ten[3], reach="all")
    assert len(everything(app)[1]) == 2
    marc.post(url)
    assert everything(app) == before


def refused(app: Flask, client: Client, url: str, text: str) -> None:
    before = everything(app)
    answer = client.post(url)
    assert text in client.get(answer.headers["Location"]).text
    assert everything(app) == before


def test_what_changed_since_stays_and_nothing_is_half_undone(
    app: Flask, as_user: AsUser, acting: Acting, ten: list[Event]
) -> None:
    marc, text = as_user("marc"), "This can no longer be undone"
    url = move(marc, acting, ten[3], reach="following")
    with acting("marc"):
        save(again(ten[8]), location="Lyon")
    refused(app, marc, url, text)
    for wrong in (f"/events/undo_move/{ten[3].id}", f"{url}x"):
        refused(app, marc, wrong, text)
    with acting("marc"):
        services.delete(again(ten[9]))
    refused(app, marc, url, text)


def test_what_guests_were_told_is_not_taken_back_behind_them(
    app: Flask, as_user: AsUser, acting: Acting, ten: list[Event]
) -> None:
    marc = as_user("marc")
    url = move(marc, acting, ten[3], reach="following")
    with acting("marc") as session:
        session.add(
            Invitation(
                series_id=again(ten[3]).series_id, key="sophie@example.com",
                told=Told.INVITED, times=1,
                facts="", ends_at=utcnow(),
            )
        )  # fmt: skip
    refused(app, marc, url, "The guests know of the new dates already")


def test_nobody_undoes_what_another_moved(
    app: Flask, as_user: AsUser, acting: Acting, ten: list[Event]
) -> None:
    url = move(as_user("marc"), acting, ten[3], reach="all")
    before = everything(app)
    assert as_user("alice").post(url).status_code == 303
    assert as_user("olga").post(url).status_code == 404
    assert everything(app) == before


def invitations(app: Flask) -> list[Any]:
    """Which series each guest knows, by which UID."""
    with app.app_context():
        known = select(Invitation.key, EventSeries.id, EventSeries.uid)
        found = known.join(EventSeries, Invitation.series_id == EventSeries.id)
        return [tuple(row) for row in db.session.execute(found)]


@pytest.mark.parametrize("number", [0, 3])
def test_guests_know_the_series_as_they_did(
    app: Flask, as_user: AsUser, acting: Acting, ten: list[Event], number: int
) -> None:
    """The first series is taken over whole where all are moved but a cancelled one."""
    with acting("marc") as session:
        if number == 0:
            services.cancel(again(ten[9]))
        for one in ten:
            save(again(one), participants=[{"email": "sophie@example.com"}])
        session.add(
            Invitation(
                series_id=ten[0].series_id, key="sophie@example.com",
                told=Told.INVITED, times=1,
                facts="as told", ends_at=utcnow(),
            )
        )  # fmt: skip
    before, known, marc = everything(app), invitations(app), as_user("marc")
    url = move(marc, acting, ten[number], reach="all" if number == 0 else "following")
    assert invitations(app) != known
    marc.post(url)
    assert everything(app) == before
    assert invitations(app) == known
