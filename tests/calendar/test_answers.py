"""The page by which a guest answers, without an account; and what the organiser is told."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
from flask import Flask
from sqlalchemy import select

from crm.accounts.models import Contact
from crm.calendar import services
from crm.calendar.models import Event, GuestCheck, Invitation
from crm.core.db import db, transaction
from crm.core.rows import unfiltered
from crm.core.types import utcnow
from tests.calendar.inviting import tell_guests
from tests.factories import again, make, save
from tests.fixtures import Acting, Cast, Client

AsUser = Callable[[str], Client]
Tell = Callable[[], None]

START = datetime(2038, 1, 21, 9, tzinfo=UTC)
FRENCH = {"Accept-Language": "fr"}


@pytest.fixture
def tell(app: Flask) -> Tell:
    """Two minutes later: the guests were told."""
    return lambda: tell_guests(app)


@pytest.fixture
def event(acting: Acting, tell: Tell) -> Event:
    """Claire's meeting, to which Sophie Marchand and Hugo are invited."""
    with acting("claire"):
        sophie = make(
            Contact, first_name="Sophie", last_name="Marchand", email="sophie@example.com"
        )
        found: Event = make(
            Event,
            subject="Visite du site",
            starts_at=START,
            ends_at=START + timedelta(hours=1),
            location="14 quai Rambaud, 69002 Lyon",
            description="<p>Relevé des <strong>neuf</strong> copieurs.</p>",
            participants=[{"contact": sophie}, {"email": "other@example.com"}],
        )
    tell()
    return found


def link_of(app: Flask, key: str = "sophie@example.com") -> str:
    with app.app_context():
        url = db.session.scalar(select(Invitation.url).where(Invitation.key == key))
    return "/p/" + str(url).rpartition("/p/")[2]


def answers_of(acting: Acting, event: Event) -> list[tuple[str, str | None]]:
    with acting("claire"):
        return [(one.answer.value, one.comment) for one in again(event).participants]


@pytest.mark.accept("A-75")
def test_a_guest_answers_without_an_account_and_may_change_it(
    app: Flask, client: Client, as_user: AsUser, acting: Acting, event: Event
) -> None:
    client.sends_token = False
    url = link_of(app)
    page = html.unescape(client.get(url, headers=FRENCH).text)
    for text in (
        "Claire Colin, ACME France, vous invite", "Visite du site", "14 quai Rambaud",
        "jeudi 21/01/2038, 10:00–11:00", "heure de Paris", "<strong>neuf</strong>",
        "Sophie Marchand, serez-vous là\u202f?", "https://www.openstreetmap.org/search?query=14",
    ):  # fmt: skip
        assert text in page, text
    assert "other@example.com" not in page
    assert "<script" not in page
    given = {"answer": "yes", "comment": "Sonnez à l’interphone B"}
    answered = client.post(url, data=given)
    assert answered.status_code == 303
    assert answered.headers["Location"].endswith(url)
    page = html.unescape(client.get(url, headers=FRENCH).text)
    assert 'value="yes" checked' in page
    assert "Votre réponse nous est parvenue" in page
    assert answers_of(acting, event) == [("yes", given["comment"]), ("waiting", None)]
    record = html.unescape(as_user("claire").get(f"/events/show/{event.id}").text)
    assert given["comment"] in record
    client.post(url, data={"answer": "no", "comment": ""})
    assert answers_of(acting, event)[0] == ("no", None)


def test_the_organiser_is_told_of_each_other_answer(
    app: Flask, client: Client, as_user: AsUser, event: Event
) -> None:
    url = link_of(app)
    for _ in range(2):
        client.post(url, data={"answer": "yes", "comment": "Avec <plaisir>"})
    client.post(url, data={"answer": "maybe", "comment": ""})
    page = html.unescape(as_user("claire").get("/notices/list/").text)
    assert page.count("Sophie Marchand will come to Visite du site: “Avec <plaisir>”") == 1
    assert page.count("Sophie Marchand may come to Visite du site") == 1
    assert "Sophie" not in as_user("hugo").get("/notices/list/").text


def test_an_answer_changes_neither_the_version_nor_sends_a_mail(
    app: Flask, client: Client, acting: Acting, event: Event
) -> None:
    with acting("claire"):
        before = again(event).row_version
    client.post(link_of(app), data={"answer": "yes", "comment": ""})
    with acting("claire"):
        assert again(event).row_version == before
    with app.app_context():
        assert db.session.scalars(select(GuestCheck)).all() == []


def test_an_answer_is_one_of_three(
    app: Flask, client: Client, acting: Acting, event: Event
) -> None:
    url = link_of(app)
    for answer in ("", "waiting", "oui", "yes\0"):
        wrong = client.post(url, data={"answer": answer})
        assert wrong.status_code == 422
        assert "Choose an answer." in wrong.text
    long = client.post(url, data={"answer": "yes", "comment": "é\0\r\n" + "x" * 9000})
    assert long.status_code == 303
    answer, comment = answers_of(acting, event)[0]
    assert answer == "yes"
    assert comment is not None
    assert len(comment) == 2000
    assert "\0" not in comment


def test_what_cannot_be_answered_says_why(
    app: Flask, client: Client, acting: Acting, event: Event, tell: Tell
) -> None:
    url = link_of(app)

    def said(text: str) -> str:
        page = client.get(url)
        assert page.status_code == 200
        assert text in page.text
        assert client.post(url, data={"answer": "yes"}).status_code == 303
        assert answers_of(acting, event)[0][0] == "waiting"
        return page.text

    with acting("claire"):
        services.cancel(again(event))
    assert "Visite" not in said("This event is cancelled.")
    past = utcnow() - timedelta(hours=5)
    with acting("claire"):
        services.reopen(again(event))
        save(again(event), starts_at=past, ends_at=past + timedelta(hours=1))
    assert "Visite" in said("This event has begun or is over.")


def test_who_is_a_guest_no_more_reads_nothing_of_it(
    app: Flask, client: Client, acting: Acting, event: Event
) -> None:
    url = link_of(app)
    with acting("claire"):
        save(again(event), participants=[], subject="Secret")
    page = client.get(url).text
    assert "You are no longer invited" in page
    assert "Secret" not in page
    assert client.get(f"{url}/invitation.ics").status_code == 404
    with app.app_context(), unfiltered("the test deletes it for good"), transaction() as session:
        session.delete(session.get_one(Event, event.id))
    assert client.get(url).status_code == 404


def test_the_file_for_ones_own_calendar(app: Flask, client: Client, event: Event) -> None:
    answer = client.get(f"{link_of(app)}/invitation.ics")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "other@example.com" not in answer.text
    (part,) = icalendar.Calendar.from_ical(answer.text).walk("VEVENT")
    assert part.start.astimezone(UTC) == START
    assert client.get(f"{link_of(app)}/other.ics").status_code == 404
    assert client.get("/p/unknown/invitation.ics").status_code == 404


def test_the_language_of_the_page_is_chosen_on_it(app: Flask, client: Client, event: Event) -> None:
    url = link_of(app)
    assert "invites you" in client.get(f"{url}?lang=en", headers=FRENCH).text
    moved: Any = client.post(f"{url}?lang=en", data={"answer": "yes"}, headers=FRENCH)
    assert moved.headers["Location"].endswith("?lang=en")
    links = re.findall(r'hreflang="(\w+)"', client.get(url).text)
    assert links == ["fr", "en"]


def test_a_record_as_a_file(as_user: AsUser, event: Event, cast: Cast) -> None:
    answer = as_user("claire").get(f"/events/ics/{event.id}")
    (part,) = icalendar.Calendar.from_ical(answer.text).walk("VEVENT")
    assert (part["uid"], part["summary"]) == (event.uid, "Visite du site")
    assert "attendee" not in part
    assert as_user("olga").get(f"/events/ics/{event.id}").status_code == 404


def test_the_dialog_asks_whether_guests_are_told(
    as_user: AsUser, app: Flask, acting: Acting, event: Event
) -> None:
    claire = as_user("claire")
    dialog = claire.get(f"/events/cancel/{event.id}").text
    assert "Message to the guests" in dialog
    with acting("claire"):
        version = again(event).row_version
    url, data = f"/events/cancel/{event.id}", {"row_version": version}
    assert claire.post(url, data=data | {"note": "x" * 2001}).status_code == 422
    assert claire.post(url, data=data | {"note": "Désolée"}).status_code == 303
    with app.app_context():
        assert db.session.scalars(select(GuestCheck)).one().is_quiet
    with acting("claire"):
        services.reopen(again(event))
    with acting("claire"):
        version = again(event).row_version
    told = {"row_version": version, "note": "Désolée", "tick-tell": "1"}
    assert claire.post(url, data=told).status_code == 303
    with app.app_context():
        check = db.session.scalars(select(GuestCheck)).one()
        assert (check.is_quiet, check.note) == (False, "Désolée")


def test_the_form_may_tell_nobody_of_a_change(
    as_user: AsUser, app: Flask, acting: Acting, cast: Cast, event: Event
) -> None:
    claire = as_user("claire")
    url = f"/events/edit/{event.id}"
    assert "Tell the guests of another date" in claire.get(url).text
    with acting("claire"):
        row = again(event)
        version, ids = row.row_version, [one.id for one in row.participants]
    data = {
        "subject": "Visite", "starts_at": "22/01/2038 10:00", "ends_at": "22/01/2038 11:00",
        "owner": cast.claire, "row_version": version, "tell-asked": "1",
        "visibility": "public", "availability": "busy",
        "participants-count": 2, "participants-0-id": ids[0], "participants-1-id": ids[1],
    }  # fmt: skip
    assert claire.post(url, data=data).status_code == 303
    with app.app_context():
        assert db.session.scalars(select(GuestCheck)).one().is_quiet
